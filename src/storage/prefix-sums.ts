/** Adds up how prompts repeat each other, by the hour, and writes what was added since to the ledger. */
import type Database from 'better-sqlite3'
import type { PromptFinding } from '../metering/prefix/compare-prompts.ts'
import type { AnsweredPrompt, WarmedPrefix } from '../metering/prefix/prompt-watch.ts'
import { reuseBound } from '../metering/prefix/reuse-times.ts'
import { hourOf } from './rollups.ts'

type Label = readonly [hour: number, workflow: string, provider: string, model: string]

/** Rows of one table, by their keys: what is to be added to each of its figures. */
type Sums = Map<string, { key: readonly (string | number)[]; figures: number[] }>

/** Callers can make labels up; what comes beyond waits for nobody. */
const MOST_ROWS = 5000
/** Messages further back are told as this one. */
const LAST_MESSAGE = 99

export class PrefixSums {
  readonly #hours: Sums = new Map()
  readonly #places: Sums = new Map()
  readonly #reuse: Sums = new Map()
  readonly #warmed: Sums = new Map()

  /** `finding` is undefined where there was no earlier prompt. */
  add(asked: AnsweredPrompt, finding: PromptFinding | undefined): void {
    const label: Label = [hourOf(asked.answeredAt), asked.workflow, asked.provider, asked.model]
    const compared = finding === undefined ? 0 : 1
    const { missed, movable, divergence, reuseMs } = finding ?? {}
    addTo(this.#hours, label, [
      1,
      compared,
      asked.isPriced ? compared : 0,
      missed?.tokens ?? 0,
      missed?.nanoUsd ?? 0,
    ])
    if (divergence !== undefined) {
      const { place, what, character } = divergence
      const message = Math.min(divergence.message, LAST_MESSAGE)
      const near = character === 0 ? 0 : 2 ** Math.floor(Math.log2(character))
      const figures = [1, character, movable?.tokens ?? 0, movable?.nanoUsd ?? 0]
      addTo(this.#places, [...label, place, message, what, near], figures)
    }
    // What has no earlier one of its beginning stands for one whose beginning nobody asks again.
    if (finding !== undefined)
      addTo(this.#reuse, [...label, reuseMs === undefined ? 0 : reuseBound(reuseMs)], [1])
  }

  addWarmed({ at, workflow, provider, model, costNanoUsd, sparedNanoUsd }: WarmedPrefix): void {
    const figures = [
      costNanoUsd === undefined ? 0 : 1,
      costNanoUsd ?? 0,
      sparedNanoUsd === undefined ? 0 : 1,
      sparedNanoUsd ?? 0,
    ]
    addTo(this.#warmed, [hourOf(at), workflow, provider, model], figures)
  }

  /** In one short transaction; what cannot be written is kept for the next time. @throws SqliteError */
  write(writing: Database.Database): void {
    if (this.#hours.size + this.#warmed.size === 0) return
    const write = writing.transaction(() => {
      writeSums(writing, this.#hours, 'prefix_hours', HOUR_FIGURES, 4)
      writeSums(writing, this.#places, 'prefix_places', PLACE_FIGURES, 8)
      writeSums(writing, this.#reuse, 'prefix_reuse', ['times'], 5)
      writeSums(writing, this.#warmed, 'prefix_warmed', WARMED_FIGURES, 4)
    })
    write.immediate()
    for (const sums of [this.#hours, this.#places, this.#reuse, this.#warmed]) sums.clear()
  }
}

const HOUR_FIGURES = ['prompts', 'compared', 'priced', 'missed_tokens', 'missed_nano_usd']
const WARMED_FIGURES = ['refreshes', 'cost_nano_usd', 'found', 'spared_nano_usd']
const PLACE_FIGURES = ['times', 'characters', 'movable_tokens', 'movable_nano_usd']

function addTo(sums: Sums, key: readonly (string | number)[], figures: readonly number[]): void {
  const name = JSON.stringify(key)
  const row = sums.get(name)
  if (row !== undefined) row.figures = row.figures.map((sum, place) => sum + (figures[place] ?? 0))
  else if (sums.size < MOST_ROWS) sums.set(name, { key, figures: [...figures] })
}

/** Several processes add to the same hour. */
function writeSums(
  writing: Database.Database,
  sums: Sums,
  table: string,
  figures: readonly string[],
  keys: number,
): void {
  const values = Array.from({ length: keys + figures.length }, () => '?').join(', ')
  const added = figures.map((figure) => `${figure} = ${figure} + excluded.${figure}`).join(', ')
  const add = writing.prepare(`INSERT INTO ${table} VALUES (${values}) ON CONFLICT DO UPDATE SET ${added}`)
  for (const row of sums.values()) add.run(...row.key, ...row.figures)
}
