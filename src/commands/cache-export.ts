/** `trimtab cache export`: what is remembered, as lines of JSON. */
import { answerLine, headerLine } from '../cache/answer-line.ts'
import type { RememberedAnswer } from '../cache/exact-store.ts'
import { questionLine } from '../cache/question-line.ts'
import type { StoredEntry } from '../vectors/vector-index.ts'
import type { Output } from './output.ts'

interface ExportParts {
  answers: Iterable<RememberedAnswer>
  /** Of one embedder, by whose id an import tells whether it can find them; undefined where there are none. */
  questions: { embedderId: string; entries: AsyncIterable<StoredEntry> } | undefined
  /** @throws Failure where the file is there or cannot be written */
  write(file: string, lines: AsyncIterable<string>): Promise<void>
  now: number
}

/** Returns the exit code. */
export async function exportCache(
  file: string,
  { json }: { json?: boolean },
  { answers, questions, write, now }: ExportParts,
  output: Output,
): Promise<number> {
  let exported = 0
  let asked = 0
  async function* lines(): AsyncGenerator<string> {
    yield headerLine(now)
    for (const answer of answers) {
      yield answerLine(answer)
      exported++
    }
    if (questions === undefined) return
    for await (const entry of questions.entries) {
      const line = entry.expiresAtMs <= now ? undefined : questionLine(entry, questions.embedderId)
      if (line === undefined) continue
      yield line
      asked++
    }
  }
  await write(file, lines())
  // Standard output is the export's own where it goes there.
  const isPrinted = file === '-'
  const tell = isPrinted ? output.error : output.out
  if (json === true) tell(JSON.stringify({ exported, questions: asked }))
  else {
    const also = asked === 0 ? '' : ` and ${asked} ${asked === 1 ? 'question' : 'questions'} with theirs`
    tell(
      `${isPrinted ? 'The export' : file} holds ${exported} remembered ${exported === 1 ? 'answer' : 'answers'}${also}: keep it as you keep what was asked.`,
    )
  }
  return 0
}
