/**
 * Which words are common in each partition. What was remembered before a restart, or by others, is read from the index once
 * a question of the partition has a candidate: beside the requests, a few questions a turn.
 */
import type { VectorIndex } from '../../vectors/vector-index.ts'
import { Lately } from './lately.ts'
import { type QuestionReading, readQuestion } from './question-reading.ts'
import { TermFrequencies } from './term-frequencies.ts'

/** As many as a share of a thousandth needs; the newest of a larger partition stand for it. */
const MOST_QUESTIONS = 2000
const MOST_PARTITIONS = 1000
/** Reading one takes about a tenth of a millisecond. */
const QUESTIONS_A_TURN = 10

interface Counted {
  terms: TermFrequencies
  /** `learned`: what is remembered while the rest is read, so that nothing counts twice. */
  recall:
    | { kind: 'none' }
    | { kind: 'running'; terms: TermFrequencies; learned: Set<string> }
    | { kind: 'done' }
}

export type StoredQuestions = Pick<VectorIndex, 'questions'>

export class PartitionTerms {
  readonly #index: StoredQuestions
  readonly #partitions = new Lately<Counted>(MOST_PARTITIONS)
  /** One partition is read after the other. */
  #reading: Promise<void> = Promise.resolve()

  constructor(index: StoredQuestions) {
    this.#index = index
  }

  /** A question is remembered. */
  learn(tenant: string, partition: string, text: string, reading: QuestionReading): void {
    const { terms, recall } = this.#counted(tenant, partition)
    terms.add(reading)
    if (recall.kind !== 'running') return
    recall.terms.add(reading)
    recall.learned.add(text)
  }

  /** As they are known by now. */
  of(tenant: string, partition: string): TermFrequencies {
    const counted = this.#counted(tenant, partition)
    if (counted.recall.kind === 'none') {
      const recall = { kind: 'running', terms: new TermFrequencies(), learned: new Set<string>() } as const
      counted.recall = recall
      this.#reading = this.#reading.then(() => this.#read(counted, recall, { tenant, partition }))
    }
    return counted.terms
  }

  /** Until every partition that was asked for is read. */
  recalled(): Promise<void> {
    return this.#reading
  }

  /** Never rejects: without them words weigh as in general English. */
  async #read(
    counted: Counted,
    { terms, learned }: Counted['recall'] & { kind: 'running' },
    scope: { tenant: string; partition: string },
  ): Promise<void> {
    let read = 0
    try {
      for await (const text of this.#index.questions(scope)) {
        if (!learned.has(text)) terms.add(readQuestion(text))
        read++
        if (read === MOST_QUESTIONS) break
        if (read % QUESTIONS_A_TURN === 0) await othersTurn()
      }
      counted.terms = terms
      counted.recall = { kind: 'done' }
    } catch {
      // The next question that has a candidate asks again.
      counted.recall = { kind: 'none' }
    }
  }

  #counted(tenant: string, partition: string): Counted {
    return this.#partitions.get(`${tenant}\n${partition}`, () => ({
      terms: new TermFrequencies(),
      recall: { kind: 'none' },
    }))
  }
}

function othersTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
