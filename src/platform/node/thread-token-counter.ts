/** Has the ledger's thread count tokens: what waits is bounded, and so is how long anybody waits. */

import { setTimeout as pause } from 'node:timers/promises'
import type { TokenCounter, TokenCounts, Uncounted } from '../../metering/token-counter.ts'
import type { AnswerText } from '../../openai/answer-text.ts'

interface TokenCounterOptions {
  /** Rejects where the thread does not run. */
  ask: (uncounted: Uncounted) => Promise<TokenCounts>
}

/** With at most 400 kB each, 25 MB. */
const MOST_WAITING = 64
/** The thread may be busy with a long report, and loads its tokenizer for the first. */
const WITHIN_MS = 5000
const CLOSE_WITHIN_MS = 2000
const CLOSE_LOOK_MS = 10

export class ThreadTokenCounter implements TokenCounter {
  readonly #ask: TokenCounterOptions['ask']
  /** What gives up each count that is under way. */
  readonly #waiting = new Set<() => void>()
  #closed = false

  constructor({ ask }: TokenCounterOptions) {
    this.#ask = ask
  }

  async count(uncounted: Uncounted): Promise<TokenCounts | undefined> {
    if (this.#closed || this.#waiting.size >= MOST_WAITING) return undefined
    let giveUp = (): void => {}
    const late = new Promise<undefined>((resolve) => {
      giveUp = () => resolve(undefined)
    })
    this.#waiting.add(giveUp)
    const timer = setTimeout(giveUp, WITHIN_MS)
    try {
      return await Promise.race([this.#ask({ ...uncounted, answer: ownBytes(uncounted.answer) }), late])
    } catch {
      // The estimate stands; the thread says itself what ails it.
      return undefined
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(giveUp)
    }
  }

  /** Ends once everyone who waited has settled, with a count or, soon, without. */
  async close(): Promise<void> {
    this.#closed = true
    const until = performance.now() + CLOSE_WITHIN_MS
    while (this.#waiting.size > 0) {
      if (performance.now() > until) for (const giveUp of this.#waiting) giveUp()
      await pause(CLOSE_LOOK_MS)
    }
  }
}

/** A view is sent with all of the buffer that it looks at, which may be much more. */
function ownBytes(answer: AnswerText | undefined): AnswerText | undefined {
  return answer && { ...answer, bytes: new Uint8Array(answer.bytes) }
}
