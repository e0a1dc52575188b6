/** Asks what is planned, one after another at a steady rate, and judges each answer as it ends. */
import { setTimeout as pause } from 'node:timers/promises'
import { type Heard, startAsking } from '../support/ask.ts'
import { inputOf, outputOf } from '../support/mock-provider/counted.ts'
import type { MockProvider } from '../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'
import { nameOf, SPARE_MODEL } from './installation.ts'
import { type Ending, judge } from './judge.ts'
import type { Told } from './ledger-check.ts'
import type { Planned } from './plan.ts'
import { slimmed } from './slimmed.ts'

export interface Timed {
  mark: string
  /** Unix milliseconds. */
  fromMs: number
  ms: number
  ending: Ending
}

interface NotKept {
  mark: string
  what: string
  fault: string
}

/** Kept to the end: a trimtab that is busy may read what was asked long after its caller left. */
interface Asked {
  planned: Planned
  /** Oldest first. */
  seen: SeenRequest[]
  /** Undefined until its answer was judged. */
  judged: Pick<Told, 'status' | 'ending' | 'endedAtMs'> | undefined
}

/** Long enough for half of every stream to hold some of it. */
const TEXT = 'Which way does the rudder turn? '.repeat(8)
/** What the provider saw is looked at once its end has come there too. */
const SETTLED_MS = 5000
const MOST_UNDER_WAY = 400

export class Play {
  asked = 0
  underWay = 0
  /** Not begun, since too many were under way. */
  passedOver = 0
  readonly faults: NotKept[] = []
  readonly timed: Timed[] = []
  readonly #origin: string
  readonly #next: () => Planned
  readonly #settledMs: number
  readonly #asked = new Map<string, Asked>()

  constructor(mock: MockProvider, origin: string, next: () => Planned, settledMs = SETTLED_MS) {
    this.#origin = origin
    this.#next = next
    this.#settledMs = settledMs
    mock.script((seen) => {
      const asked = this.#asked.get(String(seen.headers['x-mock-mark']))
      if (asked === undefined) return undefined
      const { faults } = asked.planned
      const fault = faults[Math.min(asked.seen.length, faults.length - 1)]
      asked.seen.push(seen)
      return seen.body?.model === SPARE_MODEL ? { kind: 'none' } : fault
    })
  }

  /** Of each that was judged, with all that the provider saw of it until now. */
  get told(): Map<string, Told> {
    const told = new Map<string, Told>()
    for (const [mark, { judged, seen }] of this.#asked) {
      if (judged === undefined) continue
      const counts = seen.map((one) => ({
        input: one.counted && inputOf(one.counted),
        output: one.counted && outputOf(one.counted),
        fault: one.fault,
        isSpare: one.body?.model === SPARE_MODEL,
        atMs: one.atMs,
        endedAtMs: one.endedAtMs,
      }))
      told.set(mark, { mark, ...judged, seen: counts })
    }
    return told
  }

  /** Resolves once all that was begun has ended and was looked at. */
  async for(totalMs: number, ratePerSecond: number): Promise<void> {
    const endsAt = performance.now() + totalMs
    const all = new Set<Promise<void>>()
    for (let at = performance.now(); at < endsAt; at += 1000 / ratePerSecond) {
      await pause(Math.max(0, at - performance.now()))
      if (this.underWay >= MOST_UNDER_WAY) {
        this.passedOver++
        continue
      }
      const one = this.#one(this.#next()).finally(() => all.delete(one))
      all.add(one)
    }
    await Promise.all(all)
  }

  async #one(planned: Planned): Promise<void> {
    const { mark, leaves } = planned
    this.asked++
    this.underWay++
    const asked: Asked = { planned, seen: [], judged: undefined }
    this.#asked.set(mark, asked)
    let hasLeft = false
    const leave = () => {
      hasLeft = true
      asking.leave()
    }
    const { path, body, headers } = requestOf(planned)
    const asking = startAsking(this.#origin, body, {
      path,
      headers: { ...headers, 'x-mock-mark': mark, 'x-trimtab-session': mark },
      ...(leaves === 'content' ? { onFirstBytes: leave } : {}),
    })
    const leaving = typeof leaves === 'number' ? setTimeout(leave, leaves) : undefined
    const heard = await asking.heard
    clearTimeout(leaving)
    this.underWay--
    await this.#settle(asked, heard, hasLeft)
  }

  async #settle(asked: Asked, heard: Heard, hasLeft: boolean): Promise<void> {
    const { planned, seen } = asked
    const { mark } = planned
    await pause(this.#settledMs)
    const { ending, faults } = judge(planned, heard, hasLeft, seen)
    const fault = seen.map((one) => one.fault).join(', ')
    this.faults.push(...faults.map((what) => ({ mark, what, fault })))
    this.timed.push({ mark, fromMs: heard.fromMs, ms: heard.ms, ending })
    asked.judged = { status: heard.status, ending, endedAtMs: heard.fromMs + heard.ms }
    asked.seen = seen.map(slimmed)
  }
}

function requestOf({ mark, way, stream, spare }: Planned) {
  const model = nameOf(way, spare)
  const text = `${mark}: ${TEXT}`
  const messages = [{ role: 'user', content: text }]
  if (way.asked === 'chat') return { path: '/v1/chat/completions', body: { model, stream, messages } }
  if (way.asked === 'messages') {
    const headers = { 'anthropic-version': '2023-06-01' }
    return { path: '/v1/messages', body: { model, stream, messages, max_tokens: 1000 }, headers }
  }
  return { path: '/v1/responses', body: { model, stream, input: text, store: false } }
}
