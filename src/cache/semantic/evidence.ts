/** What judged answers allow: by workflow, how much is served; by remembered answer, whether it is. */
import { calibrationOf } from './calibrations.ts'
import type { Judged } from './candidates.ts'
import { Confidence, type Decision } from './confidence.ts'
import { entryMayServe, observed } from './entry-evidence.ts'
import type { EvidenceStore } from './evidence-store.ts'
import { Lately } from './lately.ts'
import type { SemanticPolicy } from './semantic-policy.ts'
import { WriteQuota } from './write-quota.ts'

/** All of a workflow's first hits are audited, so that its evidence soon speaks. */
const FIRST_AUDITS = 300
/** Wrong answers per hit that an entry's own evidence may leave. */
const WRONG_PER_HIT = 0.05
/** An entry that was wrong so often of late is forgotten: the world has changed, or it was poisoned. */
const SPOILT = { wrong: 2, of: 3 }
/** Traffic alone is saved that seldom; a judgement at once. */
const SAVE_EVERY_REQUESTS = 100
/** Callers may label freely; what is not at hand is in the store. */
const MOST_WORKFLOWS = 1000
const NO_SIMILARITIES: readonly number[] = Array.from({ length: 20 }, () => 0)

interface Kept {
  confidence: Confidence
  similarities: number[]
  settings: string
  unsaved: number
}

export class Evidence {
  readonly #store: EvidenceStore
  /** What evidence is kept under: other vectors, other evidence. */
  readonly #embedderId: string
  readonly #quota: WriteQuota
  readonly #workflows = new Lately<Kept>(MOST_WORKFLOWS)

  constructor(store: EvidenceStore, embedderId: string, now: () => number) {
    this.#store = store
    this.#embedderId = embedderId
    this.#quota = new WriteQuota(now)
  }

  decide(workflow: string, policy: SemanticPolicy, candidate: Judged | undefined, counts: boolean): Decision {
    const kept = this.#of(workflow, policy)
    const risk = candidate !== undefined && this.#entryAllows(candidate) ? candidate.risk : undefined
    if (!counts) return kept.confidence.wouldDecide(risk)
    if (candidate !== undefined) countSimilarity(kept.similarities, candidate.similarity)
    const decision = kept.confidence.decide(risk)
    kept.unsaved++
    if (kept.unsaved >= SAVE_EVERY_REQUESTS) this.#save(workflow, kept)
    return decision
  }

  /** @returns true where the entry is to be forgotten */
  judged(
    workflow: string,
    policy: SemanticPolicy,
    { id, similarity, risk }: { id: string; similarity: number; risk: number },
    outcome: { served: boolean; wrong: boolean },
  ): boolean {
    const kept = this.#of(workflow, policy)
    kept.confidence.judged(risk, outcome)
    this.#save(workflow, kept)
    const observations = observed(this.#store.entry(id), { similarity, right: !outcome.wrong })
    this.#store.saveEntry(id, observations)
    return (
      outcome.wrong && observations.slice(-SPOILT.of).filter(({ right }) => !right).length >= SPOILT.wrong
    )
  }

  /** An audit that could not tell. */
  unsettled(workflow: string, policy: SemanticPolicy, risk: number): void {
    const kept = this.#of(workflow, policy)
    kept.confidence.unsettled(risk)
    this.#save(workflow, kept)
  }

  /** Another answer has taken the entry's place: what was seen of the old one tells nothing of it. */
  renewed(id: string): void {
    if (this.#store.entry(id).length > 0) this.#store.saveEntry(id, [])
  }

  /** One caller must not fill the memory that others are answered from. */
  mayWrite(tenant: string, keyName: string | undefined): boolean {
    return this.#quota.take(`${tenant}\n${keyName ?? ''}`)
  }

  #entryAllows({ neighbour, similarity }: Judged): boolean {
    return entryMayServe(this.#store.entry(neighbour.id), similarity, WRONG_PER_HIT)
  }

  #of(workflow: string, policy: SemanticPolicy): Kept {
    const settings = `${policy.maxWrongRate} ${policy.auditShare}`
    const known = this.#workflows.peek(workflow)
    if (known?.settings === settings) return known
    const stored = known === undefined ? this.#store.workflow(workflow, this.#embedderId) : undefined
    const state = known?.confidence.state() ?? stored?.confidence
    const confidence = new Confidence(settingsOf(policy), calibrationOf(this.#embedderId).curve, state)
    const similarities = known?.similarities ?? [...(stored?.similarities ?? NO_SIMILARITIES)]
    const kept = { confidence, similarities, settings, unsaved: 0 }
    this.#workflows.set(workflow, kept)
    return kept
  }

  #save(workflow: string, kept: Kept): void {
    kept.unsaved = 0
    const { confidence, similarities } = kept
    this.#store.saveWorkflow(workflow, this.#embedderId, () => ({
      confidence: confidence.state(),
      similarities,
      report: confidence.report(),
    }))
  }
}

function settingsOf({ maxWrongRate, auditShare }: SemanticPolicy) {
  return { maxWrongRate, auditShare, firstAudits: FIRST_AUDITS, judgeError: 0 }
}

function countSimilarity(counts: number[], similarity: number): void {
  const place = Math.max(0, Math.min(counts.length - 1, Math.floor(similarity * counts.length)))
  counts[place] = (counts[place] ?? 0) + 1
}
