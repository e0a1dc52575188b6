/** What one replica is doing: prefill that it was sent and has not answered, and how fast it came to first chunks lately. */
import { FirstChunkRate } from './first-chunk-rate.ts'
import { USUAL_MS_PER_TOKEN } from './work.ts'

/** The prefill of one request. */
export interface Prefill {
  tokens: number
  /** When it has likely ended, where no first chunk will tell; undefined where one will. */
  dueMs: number | undefined
}

export class PrefillLoad {
  readonly rate = new FirstChunkRate()
  lastColdAtMs = 0
  #tokens = 0
  /** Of answers that come whole: their first chunk is their last. */
  #untold: Prefill[] = []

  inFlightUncachedTokens(nowMs: number): number {
    if (this.#untold.length > 0) {
      for (const prefill of this.#untold) if ((prefill.dueMs ?? 0) <= nowMs) this.ended(prefill)
    }
    return this.#tokens
  }

  /** `workTokens` are those that it waits for, itself included. */
  began(
    tokens: number,
    { tells, workTokens, nowMs }: { tells: boolean; workTokens: number; nowMs: number },
  ): Prefill {
    const usualMs = workTokens * (this.rate.msPerToken(nowMs) ?? USUAL_MS_PER_TOKEN)
    const prefill: Prefill = { tokens, dueMs: tells ? undefined : nowMs + usualMs }
    this.#tokens += tokens
    if (!tells) this.#untold.push(prefill)
    return prefill
  }

  /** Once is enough, twice does no harm. */
  ended(prefill: Prefill): void {
    this.#tokens -= prefill.tokens
    prefill.tokens = 0
    if (prefill.dueMs !== undefined) this.#untold = this.#untold.filter((it) => it !== prefill)
  }
}
