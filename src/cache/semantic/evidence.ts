/** What judged answers allow: by workflow, how much is served; by remembered answer, whether it is. */
import type { Judged } from './candidates.ts'
import { Confidence, type ConfidenceReport, type Decision } from './confidence.ts'
import { entryMayServe, observed } from './entry-evidence.ts'
import type { EvidenceStore } from './evidence-store.ts'
import type { SemanticPolicy } from './semantic-policy.ts'
import { priorOf } from './verifier.ts'
import { WriteQuota } from './write-quota.ts'

/** All of a workflow's first hits are audited, so that its evidence soon speaks. */
const FIRST_AUDITS = 300
/** Wrong answers per hit that an entry's own evidence may leave. */
const WRONG_PER_HIT = 0.05
/** An entry that was wrong so often of late is forgotten: the world has changed, or it was poisoned. */
const SPOILT = { wrong: 2, of: 3 }
/** Traffic alone is saved that seldom; a judgement at once. */
const SAVE_EVERY_REQUESTS = 100

interface Kept {
  confidence: Confidence
  settings: string
  unsaved: number
}

export class Evidence {
  readonly #store: EvidenceStore
  /** What evidence is kept under: other vectors, other evidence. */
  readonly #embedderId: string
  readonly #quota: WriteQuota
  readonly #workflows = new Map<string, Kept>()

  constructor(store: EvidenceStore, embedderId: string, now: () => number) {
    this.#store = store
    this.#embedderId = embedderId
    this.#quota = new WriteQuota(now)
  }

  decide(
    workflow: string,
    policy: SemanticPolicy,
    candidate: Judged | undefined,
    counts: boolean,
  ): Decision {
    const kept = this.#of(workflow, policy)
    const risk = candidate !== undefined && this.#entryAllows(candidate) ? candidate.risk : undefined
    if (!counts) return new Confidence(settingsOf(policy), priorOf(this.#embedderId), kept.confidence.state()).decide(risk)
    const decision = kept.confidence.decide(risk)
    kept.unsaved++
    if (kept.unsaved >= SAVE_EVERY_REQUESTS) this.#save(workflow, kept)
    return decision
  }

  /** @returns true where the entry is to be forgotten */
  judged(
    workflow: string,
    policy: SemanticPolicy,
    { neighbour, similarity, risk }: Judged,
    outcome: { served: boolean; wrong: boolean },
  ): boolean {
    const kept = this.#of(workflow, policy)
    kept.confidence.judged(risk, outcome)
    this.#save(workflow, kept)
    const observations = observed(this.#store.entry(neighbour.id), { similarity, right: !outcome.wrong })
    this.#store.saveEntry(neighbour.id, observations)
    return observations.slice(-SPOILT.of).filter(({ right }) => !right).length >= SPOILT.wrong
  }

  /** One caller must not fill the memory that others are answered from. */
  mayWrite(tenant: string, keyName: string | undefined): boolean {
    return this.#quota.take(`${tenant}\n${keyName ?? ''}`)
  }

  report(workflow: string, policy: SemanticPolicy): ConfidenceReport {
    return this.#of(workflow, policy).confidence.report()
  }

  #entryAllows({ neighbour, similarity }: Judged): boolean {
    return entryMayServe(this.#store.entry(neighbour.id), similarity, WRONG_PER_HIT)
  }

  #of(workflow: string, policy: SemanticPolicy): Kept {
    const settings = `${policy.maxWrongRate} ${policy.auditShare}`
    const known = this.#workflows.get(workflow)
    if (known?.settings === settings) return known
    const state = known?.confidence.state() ?? this.#store.workflow(workflow, this.#embedderId)
    const confidence = new Confidence(settingsOf(policy), priorOf(this.#embedderId), state)
    const kept = { confidence, settings, unsaved: 0 }
    this.#workflows.set(workflow, kept)
    return kept
  }

  #save(workflow: string, kept: Kept): void {
    kept.unsaved = 0
    this.#store.saveWorkflow(workflow, this.#embedderId, kept.confidence.state())
  }
}

function settingsOf({ maxWrongRate, auditShare }: SemanticPolicy) {
  return { maxWrongRate, auditShare, firstAudits: FIRST_AUDITS }
}
