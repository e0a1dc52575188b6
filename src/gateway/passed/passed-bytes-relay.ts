/** Carries any other answer to a request that was passed through, chunk by chunk as it comes: speech, files, events. */
import { EventScanner } from '../../openai/event-scanner.ts'
import { isObject } from '../../openai/is-object.ts'
import { parseJson } from '../../openai/parse-json.ts'
import { usageBlock } from '../../openai/usage-block.ts'
import { type HeaderList, headerValue } from '../../providers/transport.ts'
import { type Fault, fault } from '../fault.ts'
import type { BilledReading } from '../late/batch-reading.ts'
import type { AnswerSeen, Relay, RelayHost } from '../relays/relay.ts'

export interface BytesExpectation {
  /** Of the provider's answer. */
  headers: HeaderList
  /** Events are looked through for the usage that the last of them states. */
  events: boolean
  /** Where what is read is billed by its reading. */
  billed: BilledReading | undefined
  /** What is told of what was made, before its caller is. */
  made: ((event: Readonly<Record<string, unknown>>) => void) | undefined
}

/** What was made is told at the beginning: a thread, then its run. */
const EVENTS_TELLING_MADE = 4

export class PassedBytesRelay implements Relay {
  readonly #host: RelayHost
  readonly #expected: BytesExpectation
  #scanner: EventScanner | undefined
  #events = 0
  #released = false
  #over = false
  #usage: unknown
  /** Of what is billed: a caller that has it all has it billed. */
  #kept: Uint8Array | undefined

  constructor(host: RelayHost, expected: BytesExpectation) {
    this.#host = host
    this.#expected = expected
    this.#scanner = expected.events ? new EventScanner() : undefined
  }

  chunk(bytes: Uint8Array): boolean {
    if (this.#over || bytes.byteLength === 0) return true
    this.#release()
    if (this.#scanner !== undefined) this.#look(bytes)
    const { billed } = this.#expected
    if (billed === undefined) return this.#pass(bytes)
    billed.push(bytes)
    const before = this.#kept
    this.#kept = bytes.slice()
    return before === undefined || this.#pass(before)
  }

  end(): void {
    if (this.#over) return
    this.#over = true
    this.#release()
    const { billed } = this.#expected
    if (billed === undefined) this.#endWhole()
    else
      void billed.settle().then(
        () => this.#endWhole(),
        (error: unknown) => this.#refuseRest(error),
      )
  }

  broke(it: Fault): void {
    if (this.#over) return
    this.#over = true
    if (!this.#released) return this.#host.ended({ kind: 'faulty', fault: it })
    this.#host.sink.fail()
    this.#host.ended({ kind: 'cut', seen: this.seen(), fault: it })
  }

  seen(): AnswerSeen {
    return { usage: this.#usage, outputCharacters: 0 }
  }

  #endWhole(): void {
    if (this.#kept !== undefined) this.#host.sink.write(this.#kept)
    this.#host.sink.end()
    this.#host.ended({ kind: 'whole', seen: this.seen() })
  }

  /** What cannot be billed now is not handed out whole: whoever reads it again is billed then. */
  #refuseRest(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#host.sink.fail()
    this.#host.ended({ kind: 'cut', seen: this.seen(), fault: fault('reset', reason) })
  }

  #release(): void {
    if (this.#released) return
    this.#released = true
    this.#host.firstContent()
    const { headers } = this.#expected
    // The bytes are the provider's own, and so is their number.
    const length = headerValue(headers, 'content-length')
    const isCoded = headerValue(headers, 'content-encoding') !== undefined
    this.#host.release(length === undefined || isCoded ? [] : ['content-length', length])
  }

  #pass(bytes: Uint8Array): boolean {
    const writable = this.#host.sink.write(bytes)
    if (!writable) this.#host.sink.drained(() => this.#host.resume())
    return writable
  }

  /** Only for the bill: what cannot be read passes all the same. */
  #look(bytes: Uint8Array): void {
    try {
      for (const { data } of this.#scanner?.push(bytes) ?? []) {
        if (data === undefined) continue
        this.#lookForMade(data)
        if (data.includes('"usage"')) this.#usage = usageIn(data) ?? this.#usage
      }
    } catch {
      this.#scanner = undefined
    }
  }

  #lookForMade(data: string): void {
    const { made } = this.#expected
    if (made === undefined || this.#events >= EVENTS_TELLING_MADE) return
    this.#events++
    const event = parseJson(data)
    if (isObject(event)) made(event)
  }
}

function usageIn(data: string): unknown {
  const event: unknown = JSON.parse(data)
  return isObject(event) ? usageBlock(event) : undefined
}
