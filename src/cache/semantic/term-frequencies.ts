/** How common each term is among the questions of one partition, and so how much it tells of what is asked. */
import type { QuestionReading } from './question-reading.ts'
import { termOf } from './word-forms.ts'

/** As many questions as general English counts for, while the partition has few of its own. */
const PRIOR_QUESTIONS = 40
/** Share of questions that hold a word of no list: it tells about 7 nats. */
const RARE = 0.001
/** New terms beyond it are taken for unseen, which makes them weigh most. */
const MOST_TERMS = 50_000

const AGAIN = '²'

/** The term of a word that a question says once more. */
export function repeated(term: string): string {
  return term + AGAIN
}

/** The term of the word alone, however often it is said. */
export function unrepeated(term: string): string {
  return term.endsWith(AGAIN) ? term.slice(0, -AGAIN.length) : term
}

const COMMON = new Map<string, number>()
for (const [share, words] of [
  [0.3, `possible help say let mean way`],
  [
    0.03,
    `every both against per off same another near outside inside less fewer more most least few able around make use good best work time year day find get go take long new old year world first place big high great call right old come`,
  ],
  [
    0.01,
    `person child man woman school home life number part money book game name word water country state city company student class
    course job business phone car food house family friend question answer problem system program computer account order card
    look think feel see play start live learn write read pay buy sell change keep leave turn move run open need become happen mean
    different important large small long high low short early young better bad free full real true main popular common difference
    example type kind form list reason point fact idea case end side line group team service price information online website
    language english love girl boy music movie song show story history war government law power health body eye head hand`,
  ],
  [
    0.004,
    `set create add add remove install download learn teach choose require offer include contain allow cause produce build send receive
    increase decrease consider compare define calculate convert improve prepare prevent support visit travel meet join follow lose
    win eat drink sleep weight size color age area level rate value test exam college university degree science engineering math
    history art software application data file code email password page user video internet mobile bank credit debit loan tax
    doctor medicine disease blood heart cancer pain baby dog cat animal plant tree air light energy oil gas earth sun star space
    river mountain sea island town street building room door window table player season president king war army church god
    north south east west american indian british chinese`,
  ],
] as const) {
  for (const word of words.split(/\s+/)) if (!COMMON.has(termOf(word))) COMMON.set(termOf(word), share)
}

export class TermFrequencies {
  readonly #counts = new Map<string, number>()
  #questions = 0

  get questions(): number {
    return this.#questions
  }

  add(reading: QuestionReading): void {
    this.#questions++
    for (const term of reading.terms) {
      if (term.endsWith(AGAIN)) continue
      const count = this.#counts.get(term)
      if (count !== undefined) this.#counts.set(term, count + 1)
      else if (this.#counts.size < MOST_TERMS) this.#counts.set(term, 1)
    }
  }

  remove(reading: QuestionReading): void {
    if (this.#questions === 0) return
    this.#questions--
    for (const term of reading.terms) {
      const count = this.#counts.get(term)
      if (count === undefined) continue
      if (count > 1) this.#counts.set(term, count - 1)
      else this.#counts.delete(term)
    }
  }

  /** In nats, of a word said again half of its own: 0 for what every question says, about 7 for what none has said. */
  weight(term: string): number {
    if (term.endsWith(AGAIN)) return this.weight(unrepeated(term)) / 2
    const expected = PRIOR_QUESTIONS * (COMMON.get(term) ?? RARE)
    const share = ((this.#counts.get(term) ?? 0) + expected) / (this.#questions + PRIOR_QUESTIONS)
    return share >= 1 ? 0 : -Math.log(share)
  }
}
