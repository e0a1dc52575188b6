/** What the ledger's thread does with answered prompts: compares them, adds up what that tells, and forgets them. */
import type Database from 'better-sqlite3'
import { PromptComparer } from '../../metering/prefix/compare-prompts.ts'
import type { WorkflowReuse } from '../../metering/prefix/reuse-times.ts'
import { workflowReuse } from '../../storage/prefix-reuse.ts'
import { PrefixSums } from '../../storage/prefix-sums.ts'
import type { HandedOver } from './thread-prompt-watch.ts'

/** What lately means of reuses. */
const REUSE_MS = 7 * 86_400_000
/** Days of sums are read for it. */
const TELL_MS = 30_000

export class ThreadPrompts {
  readonly #comparer = new PromptComparer(Math.random)
  readonly #sums = new PrefixSums()
  #hasNew = false
  #toldAt = 0

  take({ prompts, warmed }: HandedOver): void {
    for (const event of warmed) this.#sums.addWarmed(event)
    for (const prompt of prompts) this.#sums.add(prompt, this.#comparer.compare(prompt))
    this.#hasNew = true
  }

  /** Undefined where nothing was added since the last time, or reuse was told a moment ago. @throws SqliteError */
  write(writing: Database.Database, now: number): readonly WorkflowReuse[] | undefined {
    if (!this.#hasNew) return undefined
    this.#sums.write(writing)
    this.#hasNew = false
    return now - this.#toldAt < TELL_MS ? undefined : this.reuse(writing, now)
  }

  reuse(reading: Database.Database, now: number): readonly WorkflowReuse[] {
    this.#toldAt = now
    return workflowReuse(reading, now - REUSE_MS)
  }
}
