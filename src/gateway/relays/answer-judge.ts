/** Judges the answer of one attempt before its caller sees any of it, where the policy would rather ask the next tier. */
import { frameBytes } from '../../conversion/frame.ts'
import { parameterRules } from '../../conversion/model-parameters.ts'
import { type AskedShape, askedShape } from '../../openai/asked-shape.ts'
import type { StreamEvent } from '../../openai/event-scanner.ts'
import type { Hearing } from '../../openai/heard-answer.ts'
import { isObject } from '../../openai/is-object.ts'
import type { ModelEndpoint } from '../../openai/model-request.ts'
import { parseJsonBytes, parseObject } from '../../openai/parse-json.ts'
import { isBackground } from '../../openai/stored-answer.ts'
import { withoutLogprobs } from '../../openai/without-logprobs.ts'
import type { Escalation } from '../../routing/escalation.ts'
import { type Insufficiency, insufficiency } from '../../routing/insufficiency.ts'
import { type Fault, insufficient } from '../fault.ts'
import { targetName } from '../headers.ts'
import type { Journey } from '../journey.ts'
import type { Target } from '../outbound.ts'
import { wireOf } from './answer-wire.ts'

const CHARACTERS_PER_TOKEN = 4
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Endpoints whose answers say something. */
const JUDGED: readonly ModelEndpoint[] = ['chat/completions', 'completions', 'responses', 'messages']

/** Undefined where nothing is judged, or there is no one else to ask. */
export function judgeFor(
  { policy, incoming }: Journey,
  target: Target,
  mayMoveOn: (fault: Fault) => boolean,
): AnswerJudge | undefined {
  const { escalate } = policy
  const { request } = incoming
  if (escalate === undefined || request.passed !== undefined) return undefined
  if (!JUDGED.includes(request.endpoint) || isBackground(request)) return undefined
  const of = targetName(target)
  if (!mayMoveOn(insufficient(of, SUPPOSED))) return undefined
  const endpoint = target.conversion?.endpoint ?? request.endpoint
  const body = target.conversion?.body ?? request.body
  return new AnswerJudge({
    of,
    escalation: escalate,
    hearing: wireOf(endpoint).hearing(),
    shape: askedShape(endpoint, body),
    asksLogprobs:
      escalate.confidenceBelow !== undefined &&
      endpoint === 'chat/completions' &&
      tellsLogprobs(target, body) &&
      body.logprobs !== true,
  })
}

const SUPPOSED: Insufficiency = { signal: 'slow', because: 'it may not suffice' }

/** Whether a model that is asked for the probabilities of its tokens tells them, rather than refusing the request. */
function tellsLogprobs({ provider, model }: Target, body: Readonly<Record<string, unknown>>): boolean {
  const isKnown = provider.tellsLogprobs || provider.models.get(model)?.has?.includes('logprobs') === true
  if (!isKnown) return false
  const rules = parameterRules(provider.vendor, 'chat/completions', model)
  return rules.every(({ name, takes }) => name !== 'logprobs' || takes(true, { ...body }))
}

export class AnswerJudge {
  /** The provider is asked for the probabilities of tokens, and the caller is not told them. */
  readonly asksLogprobs: boolean
  readonly #of: string
  readonly #escalation: Escalation
  readonly #hearing: Hearing
  readonly #shape: AskedShape
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(parts: {
    of: string
    escalation: Escalation
    hearing: Hearing
    shape: AskedShape
    asksLogprobs: boolean
  }) {
    this.asksLogprobs = parts.asksLogprobs
    this.#of = parts.of
    this.#escalation = parts.escalation
    this.#hearing = parts.hearing
    this.#shape = parts.shape
  }

  /** Calls back where nothing is released in time; `released` ends the wait. */
  watch(tooSlow: (fault: Fault) => void): void {
    const { slowerThanMs } = this.#escalation
    if (slowerThanMs === undefined) return
    const slow: Insufficiency = { signal: 'slow', threshold: slowerThanMs, because: 'it took too long' }
    // A process that was busy when it rang reads first what has come: that is not late.
    const ring = (): void => {
      this.#timer = setTimeout(() => tooSlow(insufficient(this.#of, slow)), 0)
    }
    this.#timer = setTimeout(ring, slowerThanMs)
  }

  released(): void {
    clearTimeout(this.#timer)
  }

  /** The data of an event, as the provider told it. */
  hear(data: string): void {
    const event = parseObject(data)
    if (event !== undefined) this.#hearing.event(event)
  }

  /** Whether more of a stream is to be heard before it is judged. */
  get wantsMore(): boolean {
    const { hold, invalidJson } = this.#escalation
    const { text, calls, hasOther, margins, finishReason } = this.#hearing.heard
    if (finishReason !== undefined) return false
    if (hold.kind === 'whole') return true
    // Only what is whole can be told to be valid.
    if (invalidJson && (this.#shape.json !== undefined || calls.length > 0)) return true
    if (calls.length > 0 || hasOther) return false
    return Math.max(margins.length, text.length / CHARACTERS_PER_TOKEN) < hold.count
  }

  /** Of what was heard; undefined where it suffices. `isOver`: nothing more comes. */
  verdict(isOver: boolean): Fault | undefined {
    const { heard } = this.#hearing
    const isWhole = isOver || heard.finishReason !== undefined
    const found = insufficiency(this.#escalation, heard, this.#shape, isWhole)
    return found && insufficient(this.#of, found)
  }

  /** Of a whole answer. */
  verdictOf(answer: Uint8Array): Fault | undefined {
    const parsed = parseJsonBytes(answer)
    if (isObject(parsed)) this.#hearing.answer(parsed)
    return this.verdict(true)
  }

  /** A whole answer as the caller is told it. */
  told(answer: Uint8Array): Uint8Array {
    return this.asksLogprobs ? withoutLogprobs(answer) : answer
  }

  /** An event of a stream as the caller is told it. */
  toldEvent(event: StreamEvent, data: string): StreamEvent {
    if (!this.asksLogprobs || !data.includes('"logprobs"')) return event
    const told = { event: event.event, data: decoder.decode(withoutLogprobs(encoder.encode(data))) }
    return { ...told, bytes: frameBytes(told) }
  }
}
