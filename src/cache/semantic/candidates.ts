/** Of the nearest questions, the one whose answer is least likely to be wrong, once every layer had its say. */
import type { Embedder } from '../../embedding/embedder.ts'
import { cosine } from '../../vectors/cosine.ts'
import type { Neighbour } from '../../vectors/vector-index.ts'
import { calibrationOf } from './calibrations.ts'
import { Lately } from './lately.ts'
import { PartitionTerms, type StoredQuestions } from './partition-terms.ts'
import { type QuestionReading, readQuestion } from './question-reading.ts'
import { residueOf } from './residue.ts'
import type { Question } from './semantic-cache.ts'
import { riskOf } from './verifier.ts'
import { vetoOf } from './veto.ts'

export interface Judged {
  neighbour: Neighbour
  /** By the embedder that had the last word. */
  similarity: number
  embedderId: string
  /** The verifier's chance that its answer is wrong here, 0 to 1. */
  risk: number
}

interface Asked {
  question: Question
  reading: QuestionReading
  neighbours: readonly Neighbour[]
  /** A contextual embedder that takes longer confirms nothing. */
  confirmWithinMs: number
  /** Gets what the layers say. */
  reasons: string[]
}

/** Readings of questions that the index keeps none of, and vectors of questions. */
const KEPT = { readings: 20_000, vectors: 20_000 }

/** One call that fails is haste, or a server that starts. */
const FAILED_IN_A_ROW = 3

interface CandidatesParts {
  instant: { id: string }
  contextual: Embedder | undefined
  /** What was remembered teaches which words are common. */
  index: StoredQuestions
}

export class Candidates {
  readonly #instantId: string
  readonly #contextual: Embedder | undefined
  readonly #terms: PartitionTerms
  readonly #readings = new Lately<QuestionReading>(KEPT.readings)
  readonly #vectors = new Lately<Float32Array>(KEPT.vectors)
  /** Calls of the contextual embedder since the last that it answered, and why the latest failed. */
  #failed = 0
  #reason = ''

  constructor({ instant, contextual, index }: CandidatesParts) {
    this.#terms = new PartitionTerms(index)
    this.#instantId = instant.id
    this.#contextual = contextual
  }

  /** See `SemanticCache.confirmingFault`. */
  get confirmingFault(): string | undefined {
    if (this.#contextual === undefined || this.#failed < FAILED_IN_A_ROW) return undefined
    return `Questions that mean the same are told by the table of words alone, since ${this.#contextual.id} does not answer: ${this.#reason.replace(/\.$/, '')}.`
  }

  /** A question that is remembered teaches which words are common in its partition. */
  learn({ tenant, partition, text }: Question, reading: QuestionReading): void {
    this.#terms.learn(tenant, partition, text, reading)
  }

  async best({
    question,
    reading,
    neighbours,
    confirmWithinMs,
    reasons,
  }: Asked): Promise<Judged | undefined> {
    const unvetoed: { neighbour: Neighbour; reading: QuestionReading }[] = []
    for (const neighbour of neighbours) {
      const remembered = this.#readingOf(neighbour)
      const veto = vetoOf(reading, remembered)
      if (veto === undefined) unvetoed.push({ neighbour, reading: remembered })
      else reasons.push(`veto: ${veto}`)
    }
    if (unvetoed.length === 0) return undefined
    const confirmed = await this.#confirm(
      question.text,
      unvetoed.map(({ neighbour }) => neighbour),
      confirmWithinMs,
    )
    const terms = this.#terms.of(question.tenant, question.partition)
    let best: Judged | undefined
    for (const [index, { neighbour, reading: remembered }] of unvetoed.entries()) {
      const similarity = confirmed?.[index] ?? neighbour.similarity
      const embedderId = confirmed === undefined ? this.#instantId : (this.#contextual?.id ?? this.#instantId)
      const residue = residueOf(reading, remembered, terms)
      const risk = riskOf(similarity, residue, calibrationOf(embedderId))
      if (best === undefined || risk < best.risk) best = { neighbour, similarity, embedderId, risk }
    }
    if (best !== undefined)
      reasons.push(`similarity ${best.similarity.toFixed(3)}, risk ${best.risk.toFixed(4)}`)
    return best
  }

  /** Cosines by the contextual embedder; undefined where there is none, or not in time. */
  async #confirm(
    text: string,
    neighbours: readonly Neighbour[],
    withinMs: number,
  ): Promise<readonly number[] | undefined> {
    const contextual = this.#contextual
    if (contextual === undefined) return undefined
    const asked = withEndMark(text)
    const remembered = neighbours.map(({ question }) => withEndMark(question))
    const texts = [asked, ...remembered]
    const missing = texts.filter((one) => this.#vectors.peek(one) === undefined)
    try {
      const vectors =
        missing.length === 0 ? [] : await contextual.embed(missing, AbortSignal.timeout(withinMs))
      for (const [index, one] of missing.entries()) this.#vectors.set(one, vectors[index] as Float32Array)
      if (missing.length > 0) this.#failed = 0
    } catch (error) {
      this.#failed++
      this.#reason = error instanceof Error ? error.message : String(error)
      return undefined
    }
    const own = this.#vectors.peek(asked)
    if (own === undefined) return undefined
    return remembered.map((one) => cosine(own, this.#vectors.peek(one)))
  }

  #readingOf({ question, notes }: Neighbour): QuestionReading {
    if (notes === undefined) return this.#readings.get(question, () => readQuestion(question))
    notes.reading ??= readQuestion(question)
    return notes.reading as QuestionReading
  }
}

/** A question mark that haste left out says nothing, and moves a vector by more than a word does. */
function withEndMark(text: string): string {
  const ended = text.trimEnd()
  return /[\p{L}\p{N}]$/u.test(ended) ? `${ended}?` : ended
}
