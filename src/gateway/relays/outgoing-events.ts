/** Whole events on their way to the caller: of one chunk, or of all chunks until the stream is released. */

import { type Frame, frameBytes, type StreamConversion } from '../../conversion/frame.ts'
import type { StreamEvent } from '../../openai/event-scanner.ts'
import { stampCostOfData } from '../../openai/stamp-cost.ts'
import type { Said } from './answer-wire.ts'
import { joinViews } from './bytes.ts'
import type { RelayHost } from './relay.ts'

export class OutgoingEvents {
  readonly #host: Pick<RelayHost, 'sink' | 'resume'>
  readonly #conversion: StreamConversion | undefined
  readonly #costNanoUsd: () => number | undefined
  #events: Uint8Array[] = []
  readonly #forOthers = new Map<Uint8Array, Uint8Array>()
  #bytes = 0
  /** What the caller is told first and last: a failure may have to name it. */
  readonly said: Said = { first: undefined, last: undefined }

  /**
   * With a conversion the caller is told in another API's words.
   * @param costNanoUsd of the answer, asked when its usage is told; undefined where nobody counted it or its price is not known
   */
  constructor(
    host: Pick<RelayHost, 'sink' | 'resume'>,
    conversion: StreamConversion | undefined,
    costNanoUsd: () => number | undefined,
  ) {
    this.#host = host
    this.#conversion = conversion
    this.#costNanoUsd = costNanoUsd
  }

  get converts(): boolean {
    return this.#conversion !== undefined
  }

  /** Of what waits to be sent. */
  get heldBytes(): number {
    return this.#bytes
  }

  /** The provider's event, in the caller's words. */
  say(event: StreamEvent): void {
    const { event: name, data = '', bytes } = event
    if (this.#conversion === undefined) {
      this.#note(data)
      return this.keep(bytes)
    }
    for (const frame of this.#conversion.push({ event: name, data })) this.#keepFrame(frame)
  }

  /** As it is. `others` where those who share the answer without paying are sent something else. */
  keep(bytes: Uint8Array, others?: Uint8Array): void {
    this.#events.push(bytes)
    this.#bytes += bytes.byteLength
    if (others !== undefined) this.#forOthers.set(bytes, others)
  }

  /** What still has to be said at the end: `closing` where nothing is converted. */
  close(closing: Uint8Array | undefined): void {
    if (this.#conversion === undefined) {
      if (closing !== undefined) this.keep(closing)
    } else for (const frame of this.#conversion.end()) this.#keepFrame(frame)
  }

  #keepFrame(frame: Frame): void {
    this.#note(frame.data)
    const cost = frame.tellsUsage ? this.#costNanoUsd() : undefined
    if (cost === undefined) return this.keep(frameBytes(frame))
    this.keep(frameBytes(stamped(frame, cost / 1e9)), frameBytes(stamped(frame, 0)))
  }

  #note(data: string): void {
    this.said.first ??= data
    this.said.last = data
  }

  /** Returns false where the caller reads too slowly; the provider is asked for more later, unless it is `over`. */
  flush(over: boolean): boolean {
    if (this.#events.length === 0) return true
    const { sink } = this.#host
    let writable = true
    for (const view of joinViews(this.#events)) writable = sink.write(view, this.#forOthers.get(view) ?? view)
    this.#events = []
    this.#bytes = 0
    if (!writable && !over) sink.drained(() => this.#host.resume())
    return writable
  }
}

function stamped({ event, data }: Frame, costUsd: number): Frame {
  return { event, data: stampCostOfData(data, { cost_usd: costUsd }) }
}
