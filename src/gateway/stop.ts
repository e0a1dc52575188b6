/** What ends a journey early: the caller leaving, or the deadline for all attempts together. */
import type { AnswerSink } from './answer-sink.ts'

export type StopReason = 'departed' | 'timeout'

/** Like an AbortSignal with a typed reason, at a fraction of its cost: every request makes one. */
export class Stop {
  #reason: StopReason | undefined
  #listeners = new Set<(reason: StopReason) => void>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(sink: AnswerSink) {
    sink.departed(() => this.#stop('departed'))
  }

  /** Undefined while the journey may go on. */
  get reason(): StopReason | undefined {
    return this.#reason
  }

  /** Starts the deadline; the clock runs over queueing, attempts and backoff alike. */
  after(timeoutMs: number): void {
    // A process that was busy when it rang reads first what has come: that is not late.
    const ring = (): void => {
      this.#timer = setTimeout(() => this.#stop('timeout'), 0)
    }
    this.#timer = setTimeout(ring, timeoutMs)
  }

  /** Calls back once; returns what takes the listener off again. */
  listen(listener: (reason: StopReason) => void): () => void {
    if (this.#reason === undefined) this.#listeners.add(listener)
    else listener(this.#reason)
    return () => this.#listeners.delete(listener)
  }

  /** The journey has ended: nothing can stop it any more. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#listeners.clear()
  }

  #stop(reason: StopReason): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    clearTimeout(this.#timer)
    for (const listener of [...this.#listeners]) listener(reason)
    this.#listeners.clear()
  }
}

/** Resolves after `milliseconds`, or as soon as the journey is stopped. */
export function sleep(milliseconds: number, stop: Stop): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, milliseconds)
    const unlisten = stop.listen(finish)
    function finish(): void {
      clearTimeout(timer)
      unlisten?.()
      resolve()
    }
  })
}
