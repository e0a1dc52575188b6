/** How far the forecast of a cost can be trusted: a bootstrap over sessions, with what is known of answers' lengths drawn anew. */

import { stableShare } from '../policy/stable-share.ts'
import type { ForecastAnswer } from './forecast-answer.ts'

const BLOCKS = 400
const DRAWS = 1000
/** Of a two-sided 95 % interval. */
const TAIL = 0.025

/** Nano-dollars. */
export interface CostInterval {
  before: number
  after: number
  /** Bounds of after less before. */
  change: readonly [low: number, high: number]
  /** Bounds of after. */
  afterBounds: readonly [low: number, high: number]
}

export class CostBlocks {
  readonly #before = new Float64Array(BLOCKS)
  readonly #after = new Float64Array(BLOCKS)
  readonly #lengths = new Map<string, { nanoUsd: number; error: number }>()

  /** `unit`: what belongs together, such as a session. */
  add(unit: string, beforeNanoUsd: number, afterNanoUsd: number): void {
    const block = Math.floor(stableShare(unit) * BLOCKS)
    this.#before[block] = (this.#before[block] ?? 0) + beforeNanoUsd
    this.#after[block] = (this.#after[block] ?? 0) + afterNanoUsd
  }

  addLength({ pair, nanoUsd, error }: ForecastAnswer['length']): void {
    const known = this.#lengths.get(pair) ?? { nanoUsd: 0, error }
    this.#lengths.set(pair, known)
    known.nanoUsd += nanoUsd
  }

  interval(): CostInterval {
    const random = numbers()
    const changes = new Float64Array(DRAWS)
    const afters = new Float64Array(DRAWS)
    for (let draw = 0; draw < DRAWS; draw++) {
      const { before, after } = this.#drawn(random)
      changes[draw] = after - before
      afters[draw] = after
    }
    return {
      before: sum(this.#before),
      after: sum(this.#after),
      change: bounds(changes),
      afterBounds: bounds(afters),
    }
  }

  #drawn(random: () => number): { before: number; after: number } {
    let [before, after] = [0, 0]
    for (let count = 0; count < BLOCKS; count++) {
      const block = Math.floor(random() * BLOCKS)
      before += this.#before[block] ?? 0
      after += this.#after[block] ?? 0
    }
    for (const { nanoUsd, error } of this.#lengths.values()) {
      after += nanoUsd * (Math.exp(error * normal(random)) - 1)
    }
    return { before, after }
  }
}

function bounds(values: Float64Array): readonly [number, number] {
  values.sort()
  return [values[Math.floor(TAIL * DRAWS)] ?? 0, values[Math.ceil((1 - TAIL) * DRAWS) - 1] ?? 0]
}

function sum(values: Float64Array): number {
  return values.reduce((all, value) => all + value, 0)
}

/** The same each time: what differs between two runs is what was recorded. */
function numbers(): () => number {
  let drawn = 0
  return () => stableShare(`draw ${drawn++}`)
}

/** Box and Muller's. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
