/** `trimtab cache import`: puts exported answers into a cache, also one that is being served from. */
import { headerProblem, readAnswerLine } from '../cache/answer-line.ts'
import type { RememberedAnswer } from '../cache/exact-store.ts'
import { Failure } from '../errors.ts'
import type { Output } from './output.ts'

interface ImportParts {
  /** @throws Failure where the file cannot be read */
  lines: AsyncIterable<{ number: number; text: string }>
  /** Commits all or none. */
  put(answers: readonly RememberedAnswer[]): { taken: number; older: number; evicted: number }
  batch: number
  now: number
}

/** Members are those of `cache import --json`. */
interface Counts {
  imported: number
  /** One as new or newer was there. */
  older: number
  expired: number
  damaged: number
  /** Gone at once, because the cache is full. */
  evicted: number
}

/**
 * Returns the exit code: 1 where a line was damaged; the others are imported.
 * @throws Failure `invalid_request` where the file is no export that this version reads
 */
export async function importCache(
  file: string,
  { json }: { json?: boolean },
  parts: ImportParts,
  output: Output,
): Promise<number> {
  const counts: Counts = { imported: 0, older: 0, expired: 0, damaged: 0, evicted: 0 }
  let waiting: RememberedAnswer[] = []
  const put = (): void => {
    const { taken, older, evicted } = parts.put(waiting)
    counts.imported += taken
    counts.older += older
    counts.evicted += evicted
    waiting = []
  }
  for await (const answer of answersIn(file, parts, counts, output)) {
    waiting.push(answer)
    if (waiting.length >= parts.batch) put()
  }
  if (waiting.length > 0) put()
  if (json === true) output.out(JSON.stringify(counts))
  else output.out(summary(counts))
  return counts.damaged === 0 ? 0 : 1
}

async function* answersIn(
  file: string,
  { lines, now }: ImportParts,
  counts: Counts,
  output: Output,
): AsyncGenerator<RememberedAnswer> {
  let begun = false
  for await (const { number, text } of lines) {
    if (!begun) {
      requireHeader(file, text)
      begun = true
      continue
    }
    const read = readAnswerLine(text)
    if (read.kind === 'damaged') {
      counts.damaged++
      output.error(`${file}:${number}  The line ${read.why}; it is left out.`)
    } else if (read.answer.expiresAt <= now) counts.expired++
    else yield read.answer
  }
  if (!begun) requireHeader(file, '')
}

function requireHeader(file: string, text: string): void {
  const problem = headerProblem(text)
  if (problem !== undefined) throw new Failure('invalid_request', `${file} ${problem}.`)
}

function summary({ imported, older, expired, damaged, evicted }: Counts): string {
  const left = [
    ...(older > 0 ? [`${older} were there as new`] : []),
    ...(expired > 0 ? [`${expired} had expired`] : []),
    ...(damaged > 0 ? [`${damaged} ${damaged === 1 ? 'line was' : 'lines were'} damaged`] : []),
    ...(evicted > 0 ? [`${evicted} that expire first had to go, because the cache is full`] : []),
  ]
  const end = left.length === 0 ? '.' : `; ${left.join(', ')}.`
  return `Imported ${imported} ${imported === 1 ? 'answer' : 'answers'}, for running servers within a second${end}`
}
