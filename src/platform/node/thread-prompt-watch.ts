/** Hands answered prompts to the ledger's thread, some at a time, and no more than it can compare beside its other work. */
import type { AnsweredPrompt, PromptWatch } from '../../metering/prefix/prompt-watch.ts'
import { type ReuseTimes, reuseTimes, type WorkflowReuse } from '../../metering/prefix/reuse-times.ts'

const HAND_OVER_MS = 250
/** In that time: a millisecond of the thread for each 64 kB. What comes beyond is passed over. */
const MOST_BYTES = 2 * 1024 * 1024

export class ThreadPromptWatch implements PromptWatch {
  readonly #send: (prompts: readonly AnsweredPrompt[], transfer: readonly ArrayBuffer[]) => void
  #waiting: AnsweredPrompt[] = []
  #bytes = 0
  #timer: NodeJS.Timeout | undefined
  #reuse: ReadonlyMap<string, ReuseTimes> = new Map()

  constructor(send: (prompts: readonly AnsweredPrompt[], transfer: readonly ArrayBuffer[]) => void) {
    this.#send = send
  }

  answered(prompt: AnsweredPrompt): void {
    const { byteLength } = prompt.cut.bytes
    if (this.#bytes + byteLength > MOST_BYTES) return
    this.#bytes += byteLength
    this.#waiting.push(prompt)
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => this.flush(), HAND_OVER_MS)
    this.#timer.unref()
  }

  reuse(workflow: string): ReuseTimes | undefined {
    return this.#reuse.get(workflow)
  }

  heard(reuse: readonly WorkflowReuse[]): void {
    this.#reuse = new Map(reuse.map(({ workflow, bounds }) => [workflow, reuseTimes(bounds)]))
  }

  /** Hands over what waits. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const prompts = this.#waiting
    if (prompts.length === 0) return
    this.#waiting = []
    this.#bytes = 0
    this.#send(
      prompts,
      prompts.map(({ cut }) => cut.bytes.buffer as ArrayBuffer),
    )
  }
}
