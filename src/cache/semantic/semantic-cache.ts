/**
 * Remembered answers to questions that mean the same: embeds, finds the nearest, lets every layer object, and serves what
 * the workflow's evidence allows. Whatever fails here is a miss.
 */
import type { Embedder, InstantEmbedder } from '../../embedding/embedder.ts'
import type { SemanticNote } from '../../metering/decision.ts'
import { cosine } from '../../vectors/cosine.ts'
import type { Neighbour, VectorIndex } from '../../vectors/vector-index.ts'
import { answerLine } from '../answer-line.ts'
import type { RememberedAnswer } from '../exact-store.ts'
import { storedAnswer } from '../stored-answer.ts'
import { Candidates, type Judged } from './candidates.ts'
import type { Decision } from './confidence.ts'
import type { Evidence } from './evidence.ts'
import { Lately } from './lately.ts'
import { type QuestionReading, readQuestion } from './question-reading.ts'
import type { SemanticPolicy } from './semantic-policy.ts'

/** What is looked up, and what an answer is remembered under. */
export interface Question {
  tenant: string
  workflow: string
  /** Of everything in the request but its last user text, without tenant and embedder: see `partitionKey`. */
  partition: string
  /** The last user text. */
  text: string
  keyName: string | undefined
  tags: Readonly<Record<string, string>>
}

export interface Look {
  question: Question
  /** By the instant embedder. */
  vector: Float32Array
  reading: QuestionReading
  /** The least risky of those that no layer objects to. */
  candidate: Judged | undefined
  decision: Decision
  /** What the layers said of the nearest, for the decision record. */
  reasons: readonly string[]
}

export interface SemanticParts {
  instant: InstantEmbedder
  /** Confirms candidates; undefined where none is configured or found. */
  contextual: Embedder | undefined
  index: VectorIndex
  evidence: Evidence
  /** Unix milliseconds. */
  now: () => number
  /** In [0, 1). */
  random: () => number
  /** Named by what it stands for, so that a repeated question takes its own place. */
  idOf: (tenant: string, partition: string, question: string) => string
}

/** How many of the nearest are looked at. */
const NEAREST = 10
/** Nobody waits for a comparison. */
const COMPARE_WITHIN_MS = 2000
/** Verdicts that are known to be one request's. */
const MOST_TOLD = 10_000
const MOST_WORKFLOWS = 1000
/** A store that does not answer holds up nobody who asked to wait for it. */
const STORED_WITHIN_MS = 1000
/** Until an answer is fetched: what a slow index leaves of it is the contextual embedder's. */
const DECIDED_WITHIN_MS = 100
const NOTHING: Decision = { serve: false, audit: false, reason: 'no candidate' }

export class SemanticCache {
  readonly #parts: SemanticParts
  readonly #candidates: Candidates
  /** How long models take, by workflow. */
  readonly #usualMs = new Lately<number>(MOST_WORKFLOWS)
  /** Requests that feedback came for. */
  readonly #toldOf = new Lately<true>(MOST_TOLD)

  constructor(parts: SemanticParts) {
    this.#parts = parts
    this.#candidates = new Candidates(parts)
  }

  /** Names vectors and evidence: both start anew under another. */
  get embedderId(): string {
    return this.#parts.instant.id
  }

  /** Why nobody confirms what the instant embedder finds, in a sentence; undefined where somebody does, or nobody is to. */
  get confirmingFault(): string | undefined {
    return this.#candidates.confirmingFault
  }

  /** Never rejects. `counts`: the request counts in the workflow's traffic; `explain` only asks. */
  async look(question: Question, policy: SemanticPolicy, counts = true): Promise<Look> {
    const startedMs = this.#parts.now()
    const vector = this.#parts.instant.embed(question.text)
    const reading = readQuestion(question.text)
    const reasons: string[] = []
    try {
      const neighbours = await this.#nearest(question, vector, reasons)
      // The clock may be set meanwhile, either way.
      const spentMs = Math.max(0, Math.min(this.#parts.now() - startedMs, DECIDED_WITHIN_MS))
      const confirmWithinMs = DECIDED_WITHIN_MS - spentMs
      const asked = { question, reading, neighbours, confirmWithinMs, reasons }
      const candidate = await this.#candidates.best(asked)
      const decision = this.#parts.evidence.decide(question.workflow, policy, candidate, counts)
      reasons.push(decision.reason)
      return { question, vector, reading, candidate, decision, reasons }
    } catch (error) {
      // A fault of ours costs a hit, never an answer.
      reasons.push(`fault: ${error instanceof Error ? error.message : String(error)}`)
      return { question, vector, reading, candidate: undefined, decision: NOTHING, reasons }
    }
  }

  /** The answer that a look may serve; undefined where it is gone by now. */
  async answerOf({ candidate, question }: Look): Promise<RememberedAnswer | undefined> {
    if (candidate === undefined) return undefined
    try {
      const line = await this.#parts.index.answerOf(candidate.neighbour.id, this.#parts.now())
      const answer = line === undefined ? undefined : storedAnswer(line)
      // Whatever the store gave for this id, it is an answer of this very tenant and partition.
      return answer?.tenant === question.tenant && answer.key === question.partition ? answer : undefined
    } catch {
      return undefined
    }
  }

  /** Resolves once it is stored where `through` asks for it, and never rejects. */
  async remember(
    { question, vector, reading }: Look,
    answer: RememberedAnswer,
    policy: SemanticPolicy,
  ): Promise<void> {
    if (policy.write === 'around') return
    const { index, idOf } = this.#parts
    const { partition, tenant, workflow, keyName, tags, text } = question
    if (!this.#parts.evidence.mayWrite(tenant, keyName)) return
    this.#candidates.learn(question, reading)
    const id = idOf(tenant, partition, text)
    this.#parts.evidence.renewed(id)
    index.add({
      id,
      tenant,
      partition,
      workflow,
      keyName,
      tags,
      vector,
      question: text,
      answer: answerLine(answer),
      createdAtMs: answer.createdAt,
      expiresAtMs: answer.createdAt + policy.ttlMs,
    })
    if (policy.write === 'through') await stored(index)
  }

  /** A model answered, in so many milliseconds. */
  took(workflow: string, elapsedMs: number): void {
    const usual = this.#usualMs.peek(workflow)
    this.#usualMs.set(workflow, usual === undefined ? elapsedMs : usual + (elapsedMs - usual) / 8)
  }

  /** Waits until an answer is as late as a model's would be, give or take a quarter; not at all before one is known. */
  async untilUsual(workflow: string, elapsedMs: number): Promise<void> {
    const waitMs = (this.#usualMs.peek(workflow) ?? 0) * (0.75 + this.#parts.random() / 2) - elapsedMs
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
  }

  /** Cosine of two texts by the contextual embedder; undefined where there is none, or not in time. */
  async similarityOf(one: string, other: string): Promise<number | undefined> {
    try {
      const signal = AbortSignal.timeout(COMPARE_WITHIN_MS)
      const vectors = await this.#parts.contextual?.embed([one, other], signal)
      const [first, second] = vectors ?? []
      return first && second && cosine(first, second)
    } catch {
      return undefined
    }
  }

  /** A model's own answer was compared with the remembered one, which was served or would have been. Resolves once a spoilt entry is gone; never rejects. */
  async judged(
    { candidate, question }: Look,
    policy: SemanticPolicy,
    outcome: { served: boolean; wrong: boolean },
  ): Promise<void> {
    if (candidate === undefined) return
    const { similarity, risk } = candidate
    const { id } = candidate.neighbour
    const isSpoilt = this.#parts.evidence.judged(question.workflow, policy, { id, similarity, risk }, outcome)
    if (isSpoilt) await this.#parts.index.remove([id]).catch(() => {})
  }

  /** Neither words nor vectors nor a judge could tell whether what was served is right. */
  unsettled({ candidate, question }: Look, policy: SemanticPolicy): void {
    if (candidate !== undefined) this.#parts.evidence.unsettled(question.workflow, policy, candidate.risk)
  }

  /** A verdict on a served answer by whoever reads it, once a request: a wrong one is forgotten at once. */
  async told(
    requestId: string,
    workflow: string,
    { id, similarity, risk }: NonNullable<SemanticNote['entry']>,
    policy: SemanticPolicy,
    wrong: boolean,
  ): Promise<void> {
    if (this.#toldOf.peek(requestId)) return
    this.#toldOf.set(requestId, true)
    this.#parts.evidence.judged(workflow, policy, { id, similarity, risk }, { served: true, wrong })
    if (wrong) await this.#parts.index.remove([id]).catch(() => {})
  }

  async #nearest(
    { tenant, partition }: Question,
    vector: Float32Array,
    reasons: string[],
  ): Promise<readonly Neighbour[]> {
    const nowMs = this.#parts.now()
    try {
      const found = await this.#parts.index.nearest({ tenant, partition, vector, count: NEAREST, nowMs })
      // Whatever the store filtered, nothing of another's is looked at.
      return found.filter(
        (it) => it.tenant === tenant && it.partition === partition && it.expiresAtMs > nowMs,
      )
    } catch (error) {
      reasons.push(`index: ${error instanceof Error ? error.message : 'failed'}`)
      return []
    }
  }
}

/** Resolves as soon as what was added is stored, or will not be in time. */
async function stored(index: VectorIndex): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, STORED_WITHIN_MS)
  })
  await Promise.race([index.flushed().catch(() => {}), late])
  clearTimeout(timer)
}
