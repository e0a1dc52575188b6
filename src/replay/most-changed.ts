/** The requests whose cost would change most. */
import type { RecordedRequest } from '../metering/recorded-request.ts'
import type { Outcome } from './forecast-request.ts'

const SHOWN = 10
const NANO_USD = 1e9

/** Members are those of `replay --json`. */
export interface ChangedRequest {
  id: string
  workflow: string
  /** `provider/model` that answered, and that would most likely; null where none did. */
  from: string | null
  to: string | null
  before_usd: number
  after_usd: number
}

interface Offered {
  request: RecordedRequest
  was: Outcome
  would: Outcome
  change: number
}

export class MostChanged {
  /** The largest change first. */
  #most: Offered[] = []

  /** `change` in nano-dollars. */
  offer(request: RecordedRequest, was: Outcome, would: Outcome, change: number): void {
    const last = this.#most.at(-1)
    if (this.#most.length >= SHOWN && last !== undefined && Math.abs(change) <= Math.abs(last.change)) return
    this.#most.push({ request, was, would, change })
    this.#most.sort((one, other) => Math.abs(other.change) - Math.abs(one.change))
    this.#most = this.#most.slice(0, SHOWN)
  }

  list(): readonly ChangedRequest[] {
    return this.#most.map(({ request, was, would }) => ({
      id: request.id,
      workflow: request.workflow,
      from: likeliest(was),
      to: likeliest(would),
      before_usd: (was.costNanoUsd ?? 0) / NANO_USD,
      after_usd: (would.costNanoUsd ?? 0) / NANO_USD,
    }))
  }
}

function likeliest({ answers }: Outcome): string | null {
  let most: Outcome['answers'][number] | undefined
  for (const answer of answers) if (most === undefined || answer.chance > most.chance) most = answer
  return most?.target ?? null
}
