/** `trimtab cache export`: what is remembered, as lines of JSON. */
import { answerLine, headerLine } from '../cache/answer-line.ts'
import type { RememberedAnswer } from '../cache/exact-store.ts'
import type { Output } from './output.ts'

interface ExportParts {
  answers: Iterable<RememberedAnswer>
  /** @throws Failure where the file is there or cannot be written */
  write(file: string, lines: Iterable<string>): void
  now: number
}

/** Returns the exit code. */
export function exportCache(
  file: string,
  { json }: { json?: boolean },
  { answers, write, now }: ExportParts,
  output: Output,
): number {
  let exported = 0
  function* lines(): Generator<string> {
    yield headerLine(now)
    for (const answer of answers) {
      yield answerLine(answer)
      exported++
    }
  }
  write(file, lines())
  // Standard output is the export's own where it goes there.
  const isPrinted = file === '-'
  const tell = isPrinted ? output.error : output.out
  if (json === true) tell(JSON.stringify({ exported }))
  else {
    tell(
      `${isPrinted ? 'The export' : file} holds ${exported} remembered ${exported === 1 ? 'answer' : 'answers'}: keep it as you keep what was asked.`,
    )
  }
  return 0
}
