/** A request on its way to the replica that was chosen for it, and what becomes known of it: a first chunk, a count, a failure. */
import type { ChosenNote } from '../../metering/decision.ts'
import type { Prefill, PrefillLoad } from './prefill-load.ts'
import type { PromptBlocks } from './prefix-blocks.ts'
import type { PrefixIndex } from './prefix-index.ts'

/** What a failure counts as: others are asked first, until it has sunk. */
const FAILED_MS = 10_000

interface SendingParts {
  replicaId: string
  chosen: ChosenNote
  index: PrefixIndex
  blocks: PromptBlocks | undefined
  load: PrefillLoad
  prefill: Prefill
  workTokens: number
  /** Blocks that the replica held before. */
  held: number
  nowMs(): number
}

export class Sending {
  readonly chosen: ChosenNote
  readonly #parts: SendingParts
  #answers = false

  constructor(parts: SendingParts) {
    this.chosen = parts.chosen
    this.#parts = parts
  }

  /** `milliseconds` since it was sent. Of an answer that comes whole this tells nothing of prefill. */
  firstChunk(milliseconds: number): void {
    const { load, prefill, workTokens, nowMs } = this.#parts
    if (this.#answers) return
    this.#answers = true
    if (prefill.dueMs === undefined) load.rate.observed(milliseconds, workTokens, nowMs())
    load.ended(prefill)
  }

  /** Of an answer whose usage the provider told. */
  reported(cachedTokens: number): void {
    const { index, replicaId, chosen, blocks } = this.#parts
    if (blocks !== undefined) index.corrected(replicaId, chosen.cachedTokens, cachedTokens)
  }

  /** `failed`: the replica did, and not the request. Where no first chunk came, nothing of the prompt is counted on. */
  ended(failed: boolean): void {
    const { load, prefill, index, replicaId, blocks, held, workTokens, nowMs } = this.#parts
    load.ended(prefill)
    if (blocks !== undefined && !this.#answers) index.forget(replicaId, blocks, held)
    if (failed) load.rate.observed(FAILED_MS, workTokens, nowMs())
  }
}
