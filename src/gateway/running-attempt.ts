/** An attempt under way: what the transport tells and a relay asks for, until it is settled with what it used. */
import type { AttemptOutcome } from '../metering/ledger.ts'
import { type Metered, unbilled } from '../metering/meter.ts'
import {
  type AnswerReceiver,
  type Call,
  type HeaderList,
  headerValue,
  type TransportError,
} from '../providers/transport.ts'
import type { AnswerSink } from './answer-sink.ts'
import { AttemptDeadline, type Lateness } from './attempt-deadline.ts'
import type { Answered, RacedResult } from './attempt-result.ts'
import { type Fault, faultOfTransport, lateFault, mayBeBilled, outcomeOf } from './fault.ts'
import { answerHeaders } from './headers.ts'
import type { Journey } from './journey.ts'
import { meterAttempt } from './meter-attempt.ts'
import type { Destination } from './outbound.ts'
import type { AnswerJudge } from './relays/answer-judge.ts'
import type { AnswerEnd, AnswerSeen, Relay, RelayHost } from './relays/relay.ts'
import { relayFor } from './relays/relay-for.ts'
import { type AttemptEnd, isCountable, settleAttempt } from './settle-attempt.ts'
import type { StopReason } from './stop.ts'

/** For a provider that goes on after its closing event to end the exchange, so that its socket can be used again. */
const DRAIN_MS = 1000

interface RunningParts {
  ordinal: number
  mayMoveOn: (fault: Fault) => boolean
  judge: AnswerJudge | undefined
  resolve: (result: RacedResult) => void
}

export class RunningAttempt implements AnswerReceiver, RelayHost {
  readonly provider: string
  readonly sink: AnswerSink
  readonly keepsText: boolean
  readonly mayMoveOn: (fault: Fault) => boolean
  readonly #journey: Journey
  readonly #target: Destination
  readonly #parts: RunningParts
  readonly #startedMs: number
  #call: Call | undefined
  #relay: Relay | undefined
  #status: number | undefined
  #headers: HeaderList = []
  readonly #deadline: AttemptDeadline
  #unlisten: (() => void) | undefined
  #drainTimer: ReturnType<typeof setTimeout> | undefined
  #firstContentMs: number | undefined
  #metered: { seen: AnswerSeen; metered: Metered } | undefined
  #settled = false
  #exchangeOver = false

  constructor(journey: Journey, target: Destination, parts: RunningParts) {
    this.provider = target.provider.name
    this.sink = journey.sink
    this.keepsText = journey.gateway.tokenCounter !== undefined && isCountable(journey, target)
    this.mayMoveOn = parts.mayMoveOn
    this.#journey = journey
    this.#target = target
    this.#parts = parts
    const { elapsedMs } = journey.gateway
    this.#startedMs = elapsedMs()
    this.#deadline = new AttemptDeadline(journey.policy.limits, elapsedMs, (which) => this.#late(which))
  }

  start(call: Call): void {
    this.#call = call
    if (this.#settled) return
    this.#deadline.start()
    this.#parts.judge?.watch((it) => this.#broke(it))
    this.#unlisten = this.#journey.stop.listen((reason) => this.stopped(reason))
  }

  stopped(reason: StopReason): void {
    if (this.#settled) return
    if (reason === 'timeout') return this.#late('timeout')
    const metered = this.#wasSent ? this.#meterSeen() : unbilled()
    this.#settle('abandoned', metered, { note: 'the caller left', insufficiency: undefined })
    this.#close({ kind: 'departed' })
  }

  /** Another one began to answer first. */
  lost(): void {
    if (this.#settled) return
    const wasSent = this.#wasSent
    const metered = wasSent ? this.#meterSeen() : unbilled()
    this.#relay = undefined
    this.#settle('abandoned', metered, { note: 'another was faster', insufficiency: undefined })
    this.#close({ kind: 'lost', wasSent })
  }

  // What the transport tells.

  head(status: number, headers: HeaderList): void {
    if (this.#settled) return
    this.#status = status
    this.#headers = headers
    const { replica, model } = this.#target
    const { credential } = replica
    this.#journey.gateway.headroom.told(replica.id, model, headers, this.#journey.gateway)
    if (status === 401 && credential.kind === 'token') credential.token.distrust()
    this.#relay = relayFor(this, this.#journey, this.#target, { status, headers, judge: this.#parts.judge })
  }

  chunk(bytes: Uint8Array): boolean {
    this.#deadline.chunk()
    const wantsMore = this.#relay?.chunk(bytes) !== false
    if (!wantsMore) this.#deadline.pause(true)
    return wantsMore
  }

  end(): void {
    this.#exchangeOver = true
    this.#relay?.end()
    clearTimeout(this.#drainTimer)
  }

  error(error: TransportError): void {
    this.#exchangeOver = true
    this.#broke(faultOfTransport(this.provider, error))
    clearTimeout(this.#drainTimer)
  }

  // What a relay asks for.

  firstContent(): void {
    if (this.#firstContentMs !== undefined) return
    this.#firstContentMs = this.#sinceStart()
    this.#target.sending?.firstChunk(this.#firstContentMs)
    this.#deadline.firstContent()
    const { race, slot } = this.#target
    race?.firstContent(this)
    if (slot !== undefined) this.#journey.gateway.slots.firstChunk(slot)
  }

  release(extra: HeaderList): void {
    this.#parts.judge?.released()
    const { entry, gateway, startedMs } = this.#journey
    entry.tier = this.#target.tier
    entry.firstChunkMs = gateway.elapsedMs() - startedMs
    const from = { target: this.#target, headers: this.#headers, waitedMs: this.#sinceStart() }
    this.sink.begin(this.#status ?? 200, answerHeaders(this.#journey, from, extra))
  }

  meter(seen: AnswerSeen): Metered {
    if (this.#metered?.seen === seen) return this.#metered.metered
    const metered = meterAttempt(this.#journey, this.#target, seen)
    this.#metered = { seen, metered }
    return metered
  }

  resume(): void {
    this.#deadline.pause(false)
    this.#call?.resume()
  }

  ended(end: AnswerEnd): void {
    if (this.#settled) return
    switch (end.kind) {
      case 'cut':
        this.#settle('interrupted', this.meter(end.seen), end.fault)
        return this.#close(end)
      case 'faulty': {
        const { fault: it, spoken } = end
        this.#settle(outcomeOf(it), spoken ? this.meter(spoken.seen) : this.#meterFault(it), it)
        const instead = spoken && { tell: spoken.tell, answered: this.#answered(spoken.seen) }
        return this.#close({ kind: 'faulty', fault: it, instead }, spoken !== undefined)
      }
      case 'whole':
        this.#settle('answered', this.meter(end.seen), undefined)
        return this.#close({ kind: 'whole', answered: this.#answered(end.seen) }, true)
    }
  }

  #answered(seen: AnswerSeen): Answered {
    const contentType = headerValue(this.#headers, 'content-type')
    return { target: this.#target, contentType, usage: seen.usage, metered: this.meter(seen) }
  }

  #late(which: Lateness | 'timeout'): void {
    this.#broke(lateFault(this.provider, which, this.#wasSent))
  }

  #broke(it: Fault): void {
    if (this.#relay) this.#relay.broke(it)
    else this.ended({ kind: 'faulty', fault: it })
  }

  #settle(outcome: AttemptOutcome, metered: Metered, why: AttemptEnd['why']): void {
    this.#settled = true
    settleAttempt(this.#journey, {
      target: this.#target,
      ordinal: this.#parts.ordinal,
      outcome,
      status: this.#status,
      why,
      metered,
      seen: this.#metered?.seen,
      firstChunkMs: this.#firstContentMs,
      totalMs: this.#sinceStart(),
    })
  }

  /** `isWhole`: the provider has said all it will, but for the end of the exchange. */
  #close(result: RacedResult, isWhole = false): void {
    this.#unlisten?.()
    this.#deadline.clear()
    this.#parts.judge?.released()
    if (!this.#exchangeOver) {
      if (isWhole) this.#drainTimer = setTimeout(() => this.#call?.abort(), DRAIN_MS)
      else this.#call?.abort()
    }
    this.#parts.resolve(result)
  }

  #meterFault(it: Fault): Metered {
    return mayBeBilled(it, this.#status, this.#wasSent) ? this.#meterSeen() : unbilled()
  }

  /** A transport that is told of its answer before `send` returns has sent. */
  get #wasSent(): boolean {
    return this.#call?.sent ?? this.#status !== undefined
  }

  #meterSeen(): Metered {
    return this.meter(this.#relay?.seen() ?? { usage: undefined, outputCharacters: 0 })
  }

  #sinceStart(): number {
    return this.#journey.gateway.elapsedMs() - this.#startedMs
  }
}
