/** Hands answered prompts to the ledger's thread, some at a time, and no more than it can compare beside its other work. */
import type { AnsweredPrompt, PromptWatch, WarmedPrefix } from '../../metering/prefix/prompt-watch.ts'
import { type ReuseTimes, reuseTimes, type WorkflowReuse } from '../../metering/prefix/reuse-times.ts'

const HAND_OVER_MS = 250
/** In that time: a millisecond of the thread for each 64 kB. What comes beyond is passed over. */
const MOST_BYTES = 2 * 1024 * 1024

export interface HandedOver {
  prompts: readonly AnsweredPrompt[]
  warmed: readonly WarmedPrefix[]
}

type Send = (handed: HandedOver, transfer: readonly ArrayBuffer[]) => void

export class ThreadPromptWatch implements PromptWatch {
  readonly #send: Send
  #warmed: WarmedPrefix[] = []
  #waiting: AnsweredPrompt[] = []
  #bytes = 0
  #timer: NodeJS.Timeout | undefined
  #reuse: ReadonlyMap<string, ReuseTimes> = new Map()

  constructor(send: Send) {
    this.#send = send
  }

  answered(prompt: AnsweredPrompt): void {
    const { byteLength } = prompt.cut.bytes
    if (this.#bytes + byteLength > MOST_BYTES) return
    this.#bytes += byteLength
    this.#waiting.push(prompt)
    this.#flushSoon()
  }

  warmed(event: WarmedPrefix): void {
    this.#warmed.push(event)
    this.#flushSoon()
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
    const warmed = this.#warmed
    if (prompts.length + warmed.length === 0) return
    this.#waiting = []
    this.#warmed = []
    this.#bytes = 0
    this.#send(
      { prompts, warmed },
      prompts.map(({ cut }) => cut.bytes.buffer as ArrayBuffer),
    )
  }

  #flushSoon(): void {
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => this.flush(), HAND_OVER_MS)
    this.#timer.unref()
  }
}
