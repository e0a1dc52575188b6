/** `trimtab cache warm`: fills a cache from a file, by asking requests or by taking down answers that people wrote. */
import type { RememberedAnswer } from '../cache/exact-store.ts'
import type { NewEntry } from '../vectors/vector-index.ts'
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
  /** As `put`, of those that are found by their meaning. */
  putQuestions(questions: readonly NewEntry[]): Promise<unknown>
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
  if (json === true) output.out(JSON.stringify({ ...jsonOf(written), requests: asked ?? NOTHING, wrong }))
  else for (const line of summary(written, asked)) output.out(line)
  return wrong === 0 && (asked?.left ?? 0) === 0 ? 0 : 1
}

const NOTHING: WarmedRequests = { remembered: 0, known: 0, passed: 0, failed: 0, left: 0 }

interface WrittenPairs {
  pairs: number
  /** Of them, those that are found by questions that mean the same. */
  meant: number
  /** Why others are not, and how many. */
  untaken: ReadonlyMap<string, number>
}

function jsonOf({ pairs, meant, untaken }: WrittenPairs): object {
  return { pairs, semantic: { pairs: meant, ineligible: Object.fromEntries(untaken) } }
}

async function putPairs(
  pairs: readonly WarmPair[],
  { answersOf, put, putQuestions, batch }: WarmParts,
  tell: (line: number, why: string) => void,
): Promise<WrittenPairs> {
  let written = 0
  let meant = 0
  const untaken = new Map<string, number>()
  for (let start = 0; start < pairs.length; start += batch) {
    const answers: RememberedAnswer[] = []
    const questions: NewEntry[] = []
    for (const pair of pairs.slice(start, start + batch)) {
      const made = await answersOf(pair)
      if (made.kind === 'refused') {
        tell(pair.line, made.why)
        continue
      }
      answers.push(...made.answers)
      questions.push(...made.questions)
      written++
      if (made.questions.length > 0) meant++
      if (made.untaken !== undefined) untaken.set(made.untaken, (untaken.get(made.untaken) ?? 0) + 1)
    }
    if (answers.length > 0) await put(answers)
    if (questions.length > 0) await putQuestions(questions)
  }
  return { pairs: written, meant, untaken }
}

function pairWords({ pairs, meant, untaken }: WrittenPairs): string {
  const why = [...untaken].map(([reason, count]) => `${count} ${reason}`).join(', ')
  const left = why === '' ? '' : ` (not: ${why})`
  const also =
    meant === 0 && why === '' ? '' : `, ${meant} of them also for questions that mean the same${left}`
  return `Remembered ${pairs} ${pairs === 1 ? 'answer' : 'answers'} of your own${also}.`
}

function summary(written: WrittenPairs, asked: WarmedRequests | undefined): string[] {
  const { pairs } = written
  const lines = pairs === 0 ? [] : [pairWords(written)]
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
