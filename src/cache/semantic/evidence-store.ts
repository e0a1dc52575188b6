/** The port to what was learned of each workflow's hits and of each remembered answer; it outlives the process. */
import { isObject } from '../../openai/is-object.ts'
import type { ConfidenceReport } from './confidence-report.ts'
import { type ConfidenceState, isConfidenceState } from './confidence-state.ts'
import type { Observation } from './entry-evidence.ts'

export interface WorkflowEvidence {
  confidence: ConfidenceState
  /** Candidates by their similarity, in twentieths from 0 to 1. */
  similarities: readonly number[]
  /** What it amounts to, for whoever only reads. */
  report: ConfidenceReport
}

export interface EvidenceStore {
  /** Undefined where nothing was learned yet, or it cannot be read. */
  workflow(workflow: string, embedderId: string): WorkflowEvidence | undefined
  /** `evidence` is asked for when it is written: judgements come faster than that. */
  saveWorkflow(workflow: string, embedderId: string, evidence: () => WorkflowEvidence): void
  entry(id: string): readonly Observation[]
  saveEntry(id: string, observations: readonly Observation[]): void
}

/** What is stored otherwise counts as nothing learned. */
export function isWorkflowEvidence(value: unknown): value is WorkflowEvidence {
  if (!isObject(value) || !isConfidenceState(value.confidence) || !isObject(value.report)) return false
  return Array.isArray(value.similarities) && value.similarities.every((count) => Number.isFinite(count))
}

export function isObservations(value: unknown): value is readonly Observation[] {
  return (
    Array.isArray(value) &&
    value.every((one) => isObject(one) && Number.isFinite(one.similarity) && typeof one.right === 'boolean')
  )
}

/** Of a process without a disk. */
export class MemoryEvidenceStore implements EvidenceStore {
  readonly #workflows = new Map<string, WorkflowEvidence>()
  readonly #entries = new Map<string, readonly Observation[]>()

  workflow(workflow: string, embedderId: string): WorkflowEvidence | undefined {
    return this.#workflows.get(`${embedderId}\n${workflow}`)
  }

  saveWorkflow(workflow: string, embedderId: string, evidence: () => WorkflowEvidence): void {
    this.#workflows.set(`${embedderId}\n${workflow}`, evidence())
  }

  entry(id: string): readonly Observation[] {
    return this.#entries.get(id) ?? []
  }

  saveEntry(id: string, observations: readonly Observation[]): void {
    this.#entries.set(id, observations)
  }
}
