/** `trimtab cache warm`: fills a cache from a file, by asking requests or by taking down answers that people wrote. */
import type { RememberedAnswer } from '../cache/exact-store.ts'
import type { Output } from './output.ts'
import { type WarmPair, type WarmRequest, warmLine } from './warm-lines.ts'
import type { PairAnswers } from './warm-pairs.ts'
import type { WarmedRequests } from './warm-requests.ts'

interface WarmParts {
  /** @throws Failure where the file cannot be read */
  lines: AsyncIterable<{ number: number; text: string }>
  answersOf(pair: WarmPair): Promise<PairAnswers>
  /** Commits all or none. */
  put(answers: readonly RememberedAnswer[]): Promise<unknown>
  ask(requests: readonly WarmRequest[], tell: (line: number, why: string) => void): Promise<WarmedRequests>
  batch: number
}

/** Returns the exit code: 1 where something was not remembered. */
export async function warmCache(
  file: string,
  { json }: { json?: boolean },
  parts: WarmParts,
  output: Output,
): Promise<number> {
  let wrong = 0
  const tell = (line: number, why: string): void => {
    wrong++
    output.error(`${file}:${line}  The line ${why}`)
  }
  const requests: WarmRequest[] = []
  const pairs: WarmPair[] = []
  for await (const read of parts.lines) {
    const line = warmLine(read)
    if (line.kind === 'request') requests.push(line)
    else if (line.kind === 'pair') pairs.push(line)
    else tell(line.line, `${line.why}; it is left out.`)
  }
  const written = await putPairs(pairs, parts, tell)
  const asked = requests.length === 0 ? undefined : await parts.ask(requests, tell)
  if (json === true) output.out(JSON.stringify({ pairs: written, requests: asked ?? NOTHING, wrong }))
  else for (const line of summary(written, asked)) output.out(line)
  return wrong === 0 && (asked?.left ?? 0) === 0 ? 0 : 1
}

const NOTHING: WarmedRequests = { remembered: 0, known: 0, passed: 0, failed: 0, left: 0 }

/** Returns how many pairs are remembered now. */
async function putPairs(
  pairs: readonly WarmPair[],
  { answersOf, put, batch }: WarmParts,
  tell: (line: number, why: string) => void,
): Promise<number> {
  let written = 0
  for (let start = 0; start < pairs.length; start += batch) {
    const answers: RememberedAnswer[] = []
    for (const pair of pairs.slice(start, start + batch)) {
      const made = await answersOf(pair)
      if (made.kind === 'refused') tell(pair.line, made.why)
      else {
        answers.push(...made.answers)
        written++
      }
    }
    if (answers.length > 0) await put(answers)
  }
  return written
}

function summary(pairs: number, asked: WarmedRequests | undefined): string[] {
  const lines = pairs === 0 ? [] : [`Remembered ${pairs} ${pairs === 1 ? 'answer' : 'answers'} of your own.`]
  if (asked === undefined) return pairs === 0 ? ['Nothing was remembered.'] : lines
  const { remembered, known, passed, failed, left } = asked
  const parts = [
    `${remembered} remembered now`,
    ...(known > 0 ? [`${known} known before`] : []),
    ...(passed > 0 ? [`${passed} answered and not remembered`] : []),
    ...(failed > 0 ? [`${failed} refused`] : []),
    ...(left > 0 ? [`${left} not asked`] : []),
  ]
  return [...lines, `Requests: ${parts.join(', ')}.`]
}
