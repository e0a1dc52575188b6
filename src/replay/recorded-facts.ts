/** A request's facts as its record has them; what it does not have is unknown, and meets no condition. */
import type { RecordedRequest } from '../metering/recorded-request.ts'
import type { FactRecord } from '../routing/facts.ts'
import type { PlanFacts } from '../routing/plan.ts'
import { MODALITIES, type Modality } from '../routing/rule.ts'

export class RecordedFacts implements PlanFacts {
  readonly model: string | undefined
  readonly endpoint: string
  readonly keyName: string | undefined
  readonly tags: Readonly<Record<string, string>>
  /** Names of facts that a condition asked for and the record lacks. */
  readonly unknown = new Set<string>()
  readonly #request: RecordedRequest
  readonly #record: FactRecord
  readonly #hourIn: (timeZone: string, at: number) => number

  constructor(request: RecordedRequest, hourIn: (timeZone: string, at: number) => number) {
    this.model = request.modelAsked
    this.endpoint = request.endpoint
    this.keyName = request.keyName
    this.tags = request.tags
    this.#request = request
    this.#record = request.decision?.facts ?? {}
    this.#hourIn = hourIn
  }

  get tokens(): number {
    const { tokens } = this.#record
    if (typeof tokens === 'number') return tokens
    // Of text alone it is the same estimate.
    const estimated = this.#request.attempts[0]?.estimatedInputTokens
    return estimated === undefined ? this.#lacks('tokens', Number.NaN) : estimated
  }

  get has(): readonly Modality[] {
    const { has } = this.#record
    return Array.isArray(has) ? MODALITIES.filter((kind) => has.includes(kind)) : this.#lacks('has', [])
  }

  /** Neither true nor false where it is unknown, so that no rule about tools holds. */
  get tools(): boolean {
    const { tools } = this.#record
    return typeof tools === 'boolean' ? tools : this.#lacks('tools', undefined as unknown as boolean)
  }

  hourIn(timeZone: string): number {
    return this.#hourIn(timeZone, this.#request.at)
  }

  record(): FactRecord {
    return this.#record
  }

  #lacks<Value>(fact: string, unknown: Value): Value {
    this.unknown.add(fact)
    return unknown
  }
}
