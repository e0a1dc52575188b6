/** Carries a stream of events to the caller in whole events, held back until the release condition is met. */
import type { StreamConversion } from '../conversion/frame.ts'
import { EventScanner, type StreamEvent } from '../openai/event-scanner.ts'
import type { StreamEventFacts } from '../openai/read-stream-event.ts'
import { stampCost } from '../openai/stamp-cost.ts'
import type { ReleaseCondition } from '../policy/policy.ts'
import type { AnswerWire, EventReader } from './answer-wire.ts'
import { type Fault, failureOf, fault } from './fault.ts'
import { OutgoingEvents } from './outgoing-events.ts'
import type { AnswerSeen, Kept, Relay, RelayHost } from './relay.ts'

/** Held events beyond this are released whatever the policy says: memory is bounded before manners. */
const MAX_HELD_BYTES = 8 * 1024 * 1024
const CHARACTERS_PER_TOKEN = 4
/** Of a stream, for a tokenizer where it breaks before its usage: its first hundred events, from which the others are told. */
const MAX_KEPT_BYTES = 32 * 1024
const BLANK_LINE = new TextEncoder().encode('\n\n')

export interface StreamExpectation {
  /** Whether the caller asked for the usage chunk; ours is kept back otherwise. */
  wantsUsage: boolean
  /** `n` of the request: so many choices must finish before a stream is whole. */
  choices: number
  release: ReleaseCondition
  /** In which the provider speaks. */
  wire: AnswerWire
  /** In which the caller is told of a failure. */
  callersWire: AnswerWire
  /** Where the two differ. */
  conversion: StreamConversion | undefined
  /** Where the provider keeps its answer: told under which id, and whether its usage is known by now. */
  kept: ((id: string, isCounted: boolean) => void) | undefined
}

export class StreamRelay implements Relay {
  readonly #host: RelayHost
  readonly #expected: StreamExpectation
  readonly #reader: EventReader
  readonly #scanner = new EventScanner()
  readonly #outgoing: OutgoingEvents
  #released = false
  #over = false
  #done = false
  /** Indexes, because some servers repeat a choice's finish reason. */
  readonly #finishedChoices = new Set<number>()
  #usage: unknown
  #keptId: string | undefined
  #outputCharacters = 0
  readonly #kept: Uint8Array[] = []
  #roomToKeep: number

  constructor(host: RelayHost, expected: StreamExpectation) {
    this.#host = host
    this.#roomToKeep = host.keepsText ? MAX_KEPT_BYTES : 0
    this.#expected = expected
    this.#reader = expected.wire.eventReader()
    this.#outgoing = new OutgoingEvents(host, expected.conversion, () =>
      this.#usage === undefined ? undefined : host.meter(this.seen()).costNanoUsd,
    )
  }

  chunk(bytes: Uint8Array): boolean {
    if (this.#over) return true
    if (this.#roomToKeep > 0) this.#keepText(bytes)
    if (this.#released && !this.#outgoing.converts && this.#scanner.isBetweenEvents) {
      const characters = this.#expected.wire.plainCharacters(bytes)
      if (characters !== undefined) return this.#passOn(bytes, characters)
    }
    try {
      for (const event of this.#scanner.push(bytes)) {
        this.#take(event)
        if (this.#over) return true
        if (this.#done) break
      }
    } catch (error) {
      this.broke(
        fault('malformed', `Provider ${this.#host.provider} sent an unreadable stream: ${reason(error)}.`),
      )
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
    else
      this.broke(
        fault('reset', `Provider ${this.#host.provider} ended its stream before the answer was finished.`),
      )
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
    const text: Kept | undefined =
      this.#kept.length === 0 ? undefined : { form: 'stream', pieces: this.#kept }
    return { usage: this.#usage, outputCharacters: this.#outputCharacters, text }
  }

  /** Views, not copies: the path of every stream leads through here. */
  #keepText(bytes: Uint8Array): void {
    const kept = bytes.length <= this.#roomToKeep ? bytes : bytes.subarray(0, this.#roomToKeep)
    this.#kept.push(kept)
    this.#roomToKeep -= kept.length
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
        return this.#takeChunk(event, facts)
      case 'error':
        return this.#takeError(event, facts)
      case 'malformed':
        return this.broke(
          fault('malformed', `Provider ${this.#host.provider} sent an event that is not JSON.`),
        )
    }
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
    if (!this.#released && this.#isReleasedBy(facts)) this.#release()
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
    const { costNanoUsd } = this.#host.meter(this.seen())
    if (costNanoUsd === undefined) return this.#outgoing.keep(event.bytes)
    this.#outgoing.keep(stampCost(event, { cost_usd: costNanoUsd / 1e9 }), stampCost(event, { cost_usd: 0 }))
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

  #isReleasedBy(facts: StreamEventFacts & { kind: 'chunk' }): boolean {
    const { release } = this.#expected
    if (this.#outgoing.heldBytes > MAX_HELD_BYTES) return true
    if (release.kind === 'whole') return false
    if (facts.finishReason !== undefined) return true
    if (release.kind === 'first_content') return facts.hasContent
    return this.#outputCharacters >= release.count * CHARACTERS_PER_TOKEN
  }

  #isFinished(): boolean {
    return this.#done || this.#finishedChoices.size >= this.#expected.choices
  }

  #release(): void {
    this.#released = true
    this.#host.release([])
  }

  #finish(): void {
    this.#over = true
    if (!this.#released) this.#release()
    if (this.#keptId !== undefined && this.#usage !== undefined) this.#expected.kept?.(this.#keptId, true)
    this.#outgoing.close(this.#done ? undefined : this.#expected.wire.closing)
    this.#flush()
    this.#host.sink.end()
    this.#host.ended({ kind: 'whole', seen: this.seen() })
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

function contentFiltered(provider: string): Fault {
  return fault('content_filter', `Provider ${provider} withheld the answer: its content filter struck.`, {
    contentFilter: true,
  })
}

function faultOfEvent(provider: string, facts: StreamEventFacts & { kind: 'error' }): Fault {
  const kind = facts.status === 429 ? 'rate_limited' : 'server_error'
  const note = `Provider ${provider} broke off with an error.`
  return fault(kind, `Provider ${provider} broke off with an error: ${facts.message}`, { note })
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
