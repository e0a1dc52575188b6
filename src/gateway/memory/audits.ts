/** The audits under way: few at a time, so that they crowd out no caller, and ended with the server. */
import { UnheardSink } from '../unheard-sink.ts'

/** A model that answers in a second has judged the first 300 hits of a workflow in under a minute. */
const MOST_AT_ONCE = 8

export class Audits {
  readonly #running = new Map<UnheardSink, Promise<void>>()
  #isDraining = false

  /** Nothing more is begun for now. */
  get isFull(): boolean {
    return this.#isDraining || this.#running.size >= MOST_AT_ONCE
  }

  /** Does nothing where enough are under way: the hit stays unjudged. `work` never throws, and rejects in vain. */
  start(work: (sink: UnheardSink) => Promise<void>): Promise<void> {
    if (this.isFull) return Promise.resolve()
    const sink = new UnheardSink()
    const running = work(sink)
      .catch(() => {})
      .finally(() => this.#running.delete(sink))
    this.#running.set(sink, running)
    return running
  }

  /** Starts no more, lets those under way end within `graceMs`, then has the rest abandoned; resolves once all are settled. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true
    const impatient = setTimeout(() => {
      for (const sink of this.#running.keys()) sink.leave()
    }, graceMs)
    await Promise.all(this.#running.values())
    clearTimeout(impatient)
  }
}
