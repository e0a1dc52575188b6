// What a collection makes of questions: how many it answers right and wrong, and how many it leaves alone. Also for other benches.
import { holds, isExactly } from './questions.mjs'

/** Longer prompts are turned away before any document is asked (src/gateway/documents/documents-question.ts). */
const MOST_CHARACTERS = 1000

/**
 * Asks each question as a policy's tier does. `[{question, answers, title, context, found, right, exact, microseconds}]`, of CPU time of
 * this process less what `elsewhere` counts; `right` and `exact` are
 * undefined where it abstained.
 */
export async function askedOf(
  answerer,
  questions,
  { collection = 'measured', minConfidence, elsewhere = () => 0 } = {},
) {
  const asked = []
  for (const one of questions) {
    if (one.question.length > MOST_CHARACTERS) {
      asked.push({ ...one, found: { kind: 'abstains', passages: [] }, microseconds: undefined })
      continue
    }
    const began = spentMicroseconds() - elsewhere()
    const found = await answerer.ask({ question: one.question, collection, tenant: '', minConfidence })
    const microseconds = spentMicroseconds() - elsewhere() - began
    const quote = found.kind === 'found' ? found.quote : undefined
    const right = quote === undefined ? undefined : holds(quote, one.answers)
    const exact = quote === undefined ? undefined : isExactly(quote, one.answers)
    asked.push({ ...one, found, right, exact, microseconds })
  }
  return asked
}

/** Of questions whose answer is there: `{questions, answered, right, wrong, exact, quoteCharacters}`. */
export function answeredFigures(asked) {
  const answered = asked.filter(({ found }) => found.kind === 'found')
  const lengths = answered.map(({ found }) => found.quote.length).sort((one, two) => one - two)
  return {
    questions: asked.length,
    answered: answered.length,
    right: answered.filter(({ right }) => right).length,
    wrong: answered.filter(({ right }) => !right).length,
    exact: answered.filter(({ exact }) => exact).length,
    quoteCharacters: { p50: at(lengths, 0.5), p95: at(lengths, 0.95), most: lengths.at(-1) ?? null },
  }
}

/** `{p50, p99, most}` of the microseconds of CPU time that the questions took. */
export function times(asked) {
  const all = asked.flatMap((one) => one.microseconds ?? []).sort((one, two) => one - two)
  return { p50: at(all, 0.5), p99: at(all, 0.99), most: all.at(-1) ?? null }
}

function at(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null
}

function spentMicroseconds() {
  const { user, system } = process.cpuUsage()
  return user + system
}
