/** One provider's answer for everyone who asked the same at the same time: each reads it at a cursor of its own. */
import type { HeaderList } from '../../providers/transport.ts'
import type { AnswerSink } from '../answer-sink.ts'

/** While the recording is smaller, nobody waits for a slow reader, and more may join. */
const MAX_RECORDED_BYTES = 1024 * 1024

/** How an answer ended for one reader. */
export type SharedEnd = 'ended' | 'failed' | 'left'

interface Piece {
  bytes: Uint8Array
  /** What those are sent who did not pay for the answer, where that differs. */
  others: Uint8Array
}

/** Stands where the caller's sink would: the provider's side writes here once. */
export class SharedAnswer implements AnswerSink {
  begun = false
  readonly #readers = new Set<Reader>()
  readonly #pieces: Piece[] = []
  #status = 0
  #headers: HeaderList = []
  #bytes = 0
  #over: 'ended' | 'failed' | undefined
  #hadReader = false
  #deserted = false
  #onDeparture: (() => void)[] = []
  #onDrained: (() => void) | undefined

  /**
   * Adds a reader; the first is the one who asks the provider.
   * @param headersFor makes the reader's own headers out of the answer's
   * @returns how it ended for this reader; undefined where it is too late to join
   */
  join(sink: AnswerSink, headersFor: (headers: HeaderList) => HeaderList): Promise<SharedEnd> | undefined {
    if (this.#over !== undefined || this.#deserted || this.#bytes > MAX_RECORDED_BYTES) return undefined
    const isFirst = !this.#hadReader
    this.#hadReader = true
    return new Promise((resolve) => {
      const reader: Reader = new Reader(sink, headersFor, isFirst, this.#pieces, {
        caughtUp: () => this.#relieve(),
        done: (end) => {
          this.#readers.delete(reader)
          resolve(end)
          if (end === 'left') this.#hasLeft()
        },
      })
      this.#readers.add(reader)
      sink.departed(() => reader.leave())
      if (this.begun) reader.begin(this.#status, this.#headers)
    })
  }

  /** Everything that was written, as those are sent it who did not pay; undefined where it grew too large to keep. */
  recording(): readonly Uint8Array[] | undefined {
    return this.#bytes > MAX_RECORDED_BYTES ? undefined : this.#pieces.map(({ others }) => others)
  }

  begin(status: number, headers: HeaderList): void {
    this.begun = true
    this.#status = status
    this.#headers = headers
    for (const reader of [...this.#readers]) reader.begin(status, headers)
  }

  write(bytes: Uint8Array, others = bytes): boolean {
    this.#bytes += bytes.byteLength
    this.#pieces.push({ bytes, others })
    for (const reader of [...this.#readers]) reader.advance()
    if (this.#bytes > MAX_RECORDED_BYTES) this.#forget()
    return !this.#mustWait()
  }

  drained(resume: () => void): void {
    if (this.#mustWait()) this.#onDrained = resume
    else resume()
  }

  end(): void {
    this.#finish('ended')
  }

  fail(): void {
    this.#finish('failed')
  }

  /** Called once the last reader has left. */
  departed(listener: () => void): void {
    if (this.#deserted) listener()
    else this.#onDeparture.push(listener)
  }

  #finish(over: 'ended' | 'failed'): void {
    if (this.#over !== undefined) return
    this.#over = over
    for (const reader of [...this.#readers]) reader.finish(over)
  }

  /** The slowest reader paces a recording that may not grow. */
  #mustWait(): boolean {
    return this.#bytes > MAX_RECORDED_BYTES && [...this.#readers].some((reader) => reader.isBehind)
  }

  /** Nobody can join any more: what every reader has is kept for no one. */
  #forget(): void {
    const done = Math.min(...[...this.#readers].map((reader) => reader.cursor), this.#pieces.length)
    this.#pieces.splice(0, done)
    for (const reader of this.#readers) reader.cursor -= done
  }

  #relieve(): void {
    if (this.#onDrained === undefined || this.#mustWait()) return
    const resume = this.#onDrained
    this.#onDrained = undefined
    resume()
  }

  #hasLeft(): void {
    if (this.#readers.size > 0 || this.#over !== undefined) return this.#relieve()
    this.#deserted = true
    const listeners = this.#onDeparture
    this.#onDeparture = []
    for (const listener of listeners) listener()
  }
}

interface ReaderEvents {
  caughtUp(): void
  done(end: SharedEnd): void
}

class Reader {
  /** Index of the next piece to send. */
  cursor = 0
  readonly #sink: AnswerSink
  readonly #headersFor: (headers: HeaderList) => HeaderList
  readonly #pays: boolean
  readonly #pieces: readonly Piece[]
  readonly #events: ReaderEvents
  #begun = false
  #waiting = false
  #finish: 'ended' | 'failed' | undefined
  #over = false

  constructor(
    sink: AnswerSink,
    headersFor: (headers: HeaderList) => HeaderList,
    pays: boolean,
    pieces: readonly Piece[],
    events: ReaderEvents,
  ) {
    this.#sink = sink
    this.#headersFor = headersFor
    this.#pays = pays
    this.#pieces = pieces
    this.#events = events
  }

  get isBehind(): boolean {
    return this.cursor < this.#pieces.length || this.#waiting
  }

  begin(status: number, headers: HeaderList): void {
    if (this.#over || this.#begun) return
    this.#begun = true
    this.#sink.begin(status, this.#headersFor(headers))
    this.advance()
  }

  advance(): void {
    while (!this.#over && this.#begun && !this.#waiting && this.cursor < this.#pieces.length) {
      const piece = this.#pieces[this.cursor++] as Piece
      if (!this.#sink.write(this.#pays ? piece.bytes : piece.others)) this.#wait()
    }
    if (!this.#over && this.#finish !== undefined && this.cursor >= this.#pieces.length && !this.#waiting)
      this.#end()
  }

  finish(how: 'ended' | 'failed'): void {
    this.#finish = how
    // A cut connection is no reason to send the rest first.
    if (how === 'failed') this.#end()
    else this.advance()
  }

  leave(): void {
    if (this.#over) return
    this.#over = true
    this.#events.done('left')
  }

  #wait(): void {
    this.#waiting = true
    this.#sink.drained(() => {
      this.#waiting = false
      this.advance()
      if (!this.isBehind) this.#events.caughtUp()
    })
  }

  #end(): void {
    this.#over = true
    if (this.#finish === 'failed') this.#sink.fail()
    else this.#sink.end()
    this.#events.done(this.#finish ?? 'ended')
  }
}
