/** Cuts a provider's byte stream into whole server-sent events without changing or losing a byte. */
import { Failure } from '../errors.ts'

export interface StreamEvent {
  /** The event as it came, with the blank line that ends it; a view of the chunk where it lies in one. */
  bytes: Uint8Array
  /** Its `data` lines joined by LF; undefined for a comment or an event without data. */
  data: string | undefined
  event: string | undefined
}

export interface EventScannerOptions {
  /** Bound of an event that has not ended yet. */
  maxEventBytes?: number
}

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const DEFAULT_MAX_EVENT_BYTES = 8 * 1024 * 1024

/** `data:` */
const DATA_COLON = [0x64, 0x61, 0x74, 0x61, 0x3a] as const

/**
 * Lines end with LF, CRLF or CR. The bytes of all events and `rest()` together are the input, however it was split.
 */
export class EventScanner {
  readonly #maxEventBytes: number
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #pending = new Uint8Array(0)
  #pendingLength = 0
  /** No byte of the current line has been seen. */
  #atLineStart = true
  /** The last chunk ended with a CR, so that an LF now belongs to it. */
  #afterReturn = false
  /** That CR ended a blank line: with it, or with the LF to come, the event ends. */
  #blankReturn = false
  #writesCrlf = false
  #atStreamStart = true

  constructor(options: EventScannerOptions = {}) {
    this.#maxEventBytes = options.maxEventBytes ?? DEFAULT_MAX_EVENT_BYTES
  }

  /** @throws Failure `provider_error` where an event grows beyond its bound. */
  push(chunk: Uint8Array): readonly StreamEvent[] {
    const events: StreamEvent[] = []
    let from = 0
    let end = this.#findEnd(chunk, 0)
    if (this.#pendingLength > 0 && end !== -1) {
      this.#keep(chunk.subarray(0, end))
      events.push(this.#read(this.#pending.subarray(0, this.#pendingLength)))
      this.#pending = new Uint8Array(0)
      this.#pendingLength = 0
      from = end
      end = this.#findEnd(chunk, from)
    }
    while (end !== -1) {
      events.push(this.#read(chunk.subarray(from, end)))
      from = end
      end = this.#findEnd(chunk, from)
    }
    if (from < chunk.length) this.#keep(from === 0 ? chunk : chunk.subarray(from))
    return events
  }

  /** Nothing of an event is kept: the next chunk begins one. */
  get isBetweenEvents(): boolean {
    return this.#pendingLength === 0 && this.#atLineStart && !this.#afterReturn
  }

  /** What has come of an event that has not ended. */
  rest(): Uint8Array {
    return this.#pending.slice(0, this.#pendingLength)
  }

  /** Position after the blank line that ends the current event, or -1 where the chunk ends first. */
  #findEnd(bytes: Uint8Array, from: number): number {
    let at = from
    if (this.#afterReturn && at < bytes.length) {
      this.#afterReturn = false
      this.#writesCrlf = bytes[at] === LINE_FEED
      if (this.#writesCrlf) at++
      if (this.#blankReturn) return this.#ended(at)
    }
    let atLineStart = this.#atLineStart
    for (; at < bytes.length; at++) {
      const byte = bytes[at] as number
      if (byte > CARRIAGE_RETURN || (byte !== LINE_FEED && byte !== CARRIAGE_RETURN)) {
        atLineStart = false
        continue
      }
      if (byte === CARRIAGE_RETURN) {
        if (at + 1 === bytes.length) return this.#endedByReturn(atLineStart, at + 1)
        this.#writesCrlf = bytes[at + 1] === LINE_FEED
        if (this.#writesCrlf) at++
      }
      if (atLineStart) return this.#ended(at + 1)
      atLineStart = true
    }
    this.#atLineStart = atLineStart
    return -1
  }

  /** The chunk's last byte is a CR: whether an LF belongs to it shows in the next chunk. */
  #endedByReturn(isBlank: boolean, position: number): number {
    // In a stream of bare CRs, waiting would hold every event back until the next one.
    if (isBlank && !this.#writesCrlf) return this.#ended(position)
    this.#afterReturn = true
    this.#blankReturn = isBlank
    this.#atLineStart = true
    return -1
  }

  #ended(position: number): number {
    this.#atLineStart = true
    this.#afterReturn = false
    this.#blankReturn = false
    return position
  }

  #keep(bytes: Uint8Array): void {
    const length = this.#pendingLength + bytes.length
    if (length > this.#maxEventBytes) {
      throw new Failure(
        'provider_error',
        `The provider sent an event larger than ${this.#maxEventBytes} bytes.`,
      )
    }
    if (length > this.#pending.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#pending.length, 1024))
      grown.set(this.#pending.subarray(0, this.#pendingLength))
      this.#pending = grown
    }
    this.#pending.set(bytes, this.#pendingLength)
    this.#pendingLength = length
  }

  #read(bytes: Uint8Array): StreamEvent {
    const body =
      this.#atStreamStart && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
        ? bytes.subarray(3)
        : bytes
    this.#atStreamStart = false
    const only = onlyDataValue(body)
    if (only !== undefined) return { bytes, data: this.#decoder.decode(only), event: undefined }
    return { bytes, ...readFields(this.#decoder.decode(body)) }
  }
}

/** The value of an event that is one `data` line, as nearly all are. */
function onlyDataValue(bytes: Uint8Array): Uint8Array | undefined {
  for (let index = 0; index < DATA_COLON.length; index++) {
    if (bytes[index] !== DATA_COLON[index]) return undefined
  }
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] === LINE_FEED || bytes[end - 1] === CARRIAGE_RETURN)) end--
  const start = bytes[DATA_COLON.length] === SPACE ? DATA_COLON.length + 1 : DATA_COLON.length
  if (end < start) return undefined
  const value = bytes.subarray(start, end)
  return value.includes(LINE_FEED) || value.includes(CARRIAGE_RETURN) ? undefined : value
}

function readFields(text: string): { data: string | undefined; event: string | undefined } {
  const data: string[] = []
  let event: string | undefined
  for (const line of text.split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (name === 'data') data.push(value)
    else if (name === 'event') event = value === '' ? undefined : value
  }
  return { data: data.length > 0 ? data.join('\n') : undefined, event }
}
