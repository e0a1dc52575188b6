/** A request's facts as its record has them; what it does not have is unknown, and meets no condition. */
import type { RecordedRequest } from '../metering/recorded-request.ts'
import type { FactRecord, Facts } from '../routing/facts.ts'
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

  get tools(): boolean {
    return this.#told('tools')
  }

  get turns(): number {
    const { turns } = this.#record
    return typeof turns === 'number' ? turns : this.#lacks('turns', Number.NaN)
  }

  get outputShape(): Facts['outputShape'] {
    return this.#told('output_shape')
  }

  get task(): Facts['task'] {
    return this.#told('task')
  }

  get language(): string {
    return this.#told('language')
  }

  get code(): boolean {
    return this.#told('code')
  }

  get timeDependent(): boolean {
    return this.#told('time_dependent')
  }

  /** What learning made of the request is told too; what was never looked at counts as what could not be told: as hard. */
  get difficulty(): Facts['difficulty'] {
    const difficulty = this.#record.difficulty ?? this.#request.decision?.learning?.difficulty
    if (typeof difficulty === 'number' || difficulty === 'unknown') return difficulty
    return this.#lacks('difficulty', 'unknown')
  }

  hourIn(timeZone: string): number {
    return this.#hourIn(timeZone, this.#request.at)
  }

  record(): FactRecord {
    return this.#record
  }

  /** Where it is not told it is none of the values that a condition may state, so that no such condition holds. */
  #told<Value>(name: string): Value {
    const value: unknown = this.#record[name]
    return (value ?? this.#lacks(name, undefined)) as Value
  }

  #lacks<Value>(fact: string, unknown: Value): Value {
    this.unknown.add(fact)
    return unknown
  }
}
