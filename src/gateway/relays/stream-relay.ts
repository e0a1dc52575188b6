/** Carries a stream of events to the caller in whole events, held back until the release condition is met. */
import { EventScanner, type StreamEvent } from '../../openai/event-scanner.ts'
import type { StreamEventFacts } from '../../openai/read-stream-event.ts'
import { stampCost } from '../../openai/stamp-cost.ts'
import { withEarlier } from '../earlier-cost.ts'
import { type Fault, failureOf } from '../fault.ts'
import type { EventReader, PlainReader } from './answer-wire.ts'
import { FirstBytes } from './first-bytes.ts'
import { OutgoingEvents } from './outgoing-events.ts'
import type { AnswerSeen, Kept, Relay, RelayHost } from './relay.ts'
import { isReleasedBy, type StreamExpectation } from './stream-expectation.ts'
import { contentFiltered, faultOfEvent, notJson, unfinished, unreadable } from './stream-faults.ts'

/** Of a stream, for a tokenizer where it breaks before its usage: its first hundred events, from which the others are told. */
const MAX_KEPT_BYTES = 32 * 1024
const BLANK_LINE = new TextEncoder().encode('\n\n')

export class StreamRelay implements Relay {
  readonly #host: RelayHost
  readonly #expected: StreamExpectation
  readonly #reader: EventReader
  readonly #plain: PlainReader
  readonly #scanner = new EventScanner()
  readonly #outgoing: OutgoingEvents
  /** Chunks that need no reading reach the caller as they came. */
  readonly #passesBytes: boolean
  #released = false
  #over = false
  /** The answer does not suffice, and its end is waited for, which tells its usage. */
  #verdict: Fault | undefined
  #done = false
  /** Indexes, because some servers repeat a choice's finish reason. */
  readonly #finishedChoices = new Set<number>()
  #usage: unknown
  #keptId: string | undefined
  #outputCharacters = 0
  readonly #kept: FirstBytes

  constructor(host: RelayHost, expected: StreamExpectation) {
    this.#host = host
    this.#kept = new FirstBytes(host.keepsText ? MAX_KEPT_BYTES : 0)
    this.#expected = expected
    this.#reader = expected.wire.eventReader()
    this.#plain = expected.wire.plainReader()
    this.#outgoing = new OutgoingEvents(host, expected.conversion, () =>
      this.#usage === undefined ? undefined : this.#cost(),
    )
    this.#passesBytes = expected.conversion === undefined && expected.judge?.asksLogprobs !== true
  }

  chunk(bytes: Uint8Array): boolean {
    if (this.#over) return true
    this.#kept.add(bytes)
    if (this.#released && this.#passesBytes && this.#scanner.isBetweenEvents) {
      const characters = this.#plain.characters(bytes)
      if (characters !== undefined) return this.#passOn(bytes, characters)
    }
    try {
      for (const event of this.#scanner.push(bytes)) {
        this.#take(event)
        if (this.#over) return true
        if (this.#done) break
      }
    } catch (error) {
      this.broke(unreadable(this.#host.provider, error))
      return true
    }
    if (this.#done) this.#finish()
    return this.#over || this.#flush()
  }

  end(): void {
    if (this.#over) return
    // Servers that forget the last blank line lose nothing by it.
    if (this.#scanner.rest().byteLength > 0) this.chunk(BLANK_LINE)
    if (this.#over) return
    // A stream that has said why it finished is whole, also where its server forgets the closing event.
    if (this.#isFinished()) this.#finish()
    else this.broke(unfinished(this.#host.provider))
  }

  broke(it: Fault): void {
    if (this.#over) return
    if (this.#isFinished()) return this.#finish()
    if (!this.#released) return this.#abandon(it)
    this.#over = true
    this.#outgoing.keep(this.#expected.callersWire.failureEvent(failureOf(it, true), this.#outgoing.said))
    this.#cut(it)
  }

  seen(): AnswerSeen {
    const kept = this.#kept.bytes
    const text: Kept | undefined = kept.length === 0 ? undefined : { form: 'stream', pieces: [kept] }
    return { usage: this.#usage, outputCharacters: this.#outputCharacters, text }
  }

  /** Most chunks of a stream: nothing to hold, to edit or to learn but that content came. */
  #passOn(bytes: Uint8Array, characters: number): boolean {
    this.#outputCharacters += characters
    const writable = this.#host.sink.write(bytes)
    if (!writable) this.#host.sink.drained(() => this.#host.resume())
    return writable
  }

  #take(event: StreamEvent): void {
    if (event.data === undefined) return this.#outgoing.keep(event.bytes)
    const facts = this.#reader.read(event.data)
    switch (facts.kind) {
      case 'done':
        this.#done = true
        return this.#outgoing.say(event)
      case 'chunk':
        return this.#takeChunk(this.#judged(event, event.data), facts)
      case 'error':
        return this.#takeError(event, facts)
      case 'malformed':
        return this.broke(notJson(this.#host.provider))
    }
  }

  /** Heard by whoever judges the answer, and without what was asked for the judge alone. */
  #judged(event: StreamEvent, data: string): StreamEvent {
    const { judge } = this.#expected
    if (judge === undefined) return event
    if (!this.#released) judge.hear(data)
    return judge.toldEvent(event, data)
  }

  #takeChunk(event: StreamEvent, facts: StreamEventFacts & { kind: 'chunk' }): void {
    this.#outputCharacters += facts.outputCharacters
    if (this.#expected.kept !== undefined && this.#keptId === undefined && facts.id !== undefined) {
      this.#keptId = facts.id
      this.#expected.kept(facts.id, false)
    }
    for (const choice of facts.finished) this.#finishedChoices.add(choice)
    if (facts.hasContent || facts.finishReason !== undefined) {
      this.#host.firstContent()
      if (!this.#released && facts.finishReason === 'content_filter' && this.#outputCharacters === 0) {
        const filtered = contentFiltered(this.#host.provider)
        if (this.#host.mayMoveOn(filtered)) return this.#abandon(filtered)
      }
    }
    if (facts.usage === undefined) this.#outgoing.say(event)
    else this.#takeUsage(event, facts)
    if (this.#released || this.#verdict !== undefined) return
    const { heldBytes } = this.#outgoing
    if (isReleasedBy(this.#expected, facts, { heldBytes, outputCharacters: this.#outputCharacters }))
      this.#releaseOrMoveOn()
  }

  #takeUsage(event: StreamEvent, facts: StreamEventFacts & { kind: 'chunk' }): void {
    this.#usage = facts.usage
    if (this.#outgoing.converts) return this.#outgoing.say(event)
    if (!this.#expected.wantsUsage) {
      if (!facts.usageOnly) this.#outgoing.keep(event.bytes)
      return
    }
    // Some servers count in every chunk: only the last count is the bill.
    if (!facts.usageOnly && facts.finishReason === undefined) return this.#outgoing.keep(event.bytes)
    const costNanoUsd = this.#cost()
    if (costNanoUsd === undefined) return this.#outgoing.keep(event.bytes)
    this.#outgoing.keep(stampCost(event, { cost_usd: costNanoUsd / 1e9 }), stampCost(event, { cost_usd: 0 }))
  }

  /** Of the request, as far as it is known. */
  #cost(): number | undefined {
    const { costNanoUsd } = this.#host.meter(this.seen())
    return withEarlier(costNanoUsd, this.#expected.earlier)
  }

  #takeError(event: StreamEvent, facts: StreamEventFacts & { kind: 'error' }): void {
    const it = faultOfEvent(this.#host.provider, facts)
    if (!this.#released) return this.broke(it)
    this.#over = true
    // The caller's SDK knows the provider's own words, unless it asked in others.
    if (!this.#outgoing.converts) this.#outgoing.keep(event.bytes)
    else
      this.#outgoing.keep(this.#expected.callersWire.failureEvent(failureOf(it, true), this.#outgoing.said))
    this.#cut(it)
  }

  #isFinished(): boolean {
    return this.#done || this.#finishedChoices.size >= this.#expected.choices
  }

  #releaseOrMoveOn(): void {
    const verdict = this.#verdictNow(false)
    if (verdict === undefined) this.#release()
    else if (this.#isFinished()) this.#verdict = verdict
    else this.#abandon(verdict)
  }

  /** `isOver`: nothing more comes. Undefined where the answer suffices, or nobody else can be asked. */
  #verdictNow(isOver: boolean): Fault | undefined {
    const verdict = this.#verdict ?? this.#expected.judge?.verdict(isOver)
    return verdict !== undefined && this.#host.mayMoveOn(verdict) ? verdict : undefined
  }

  #release(): void {
    this.#released = true
    this.#host.release([])
  }

  #finish(): void {
    this.#over = true
    const verdict = this.#released ? undefined : this.#verdictNow(true)
    if (this.#keptId !== undefined && this.#usage !== undefined) this.#expected.kept?.(this.#keptId, true)
    if (verdict !== undefined) {
      const spoken = { seen: this.seen(), tell: () => this.#tellAll() }
      return this.#host.ended({ kind: 'faulty', fault: verdict, spoken })
    }
    this.#tellAll()
    this.#host.ended({ kind: 'whole', seen: this.seen() })
  }

  #tellAll(): void {
    if (!this.#released) this.#release()
    this.#outgoing.close(this.#done ? undefined : this.#expected.wire.closing)
    this.#flush()
    this.#host.sink.end()
  }

  /** Nothing was released, so that another target may answer. */
  #abandon(it: Fault): void {
    this.#over = true
    this.#host.ended({ kind: 'faulty', fault: it })
  }

  /** Ends without `[DONE]`, so that no client takes the answer for whole. */
  #cut(it: Fault): void {
    this.#flush()
    this.#host.sink.end()
    this.#host.ended({ kind: 'cut', seen: this.seen(), fault: it })
  }

  #flush(): boolean {
    return !this.#released || this.#outgoing.flush(this.#over)
  }
}
