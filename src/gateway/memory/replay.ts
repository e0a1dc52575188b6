/** Answers from memory: in the form that was recorded, or told in the other. */
import type { RememberedAnswer } from '../../cache/exact-store.ts'
import { answerAsStream } from '../../openai/answer-as-stream.ts'
import { concatenate } from '../../openai/concatenate.ts'
import type { CallerRequest } from '../../openai/passed-request.ts'
import { replayStream } from '../../openai/replay-stream.ts'
import { streamAsAnswer } from '../../openai/stream-as-answer.ts'
import { headerText } from '../headers.ts'
import type { Departure } from '../journey.ts'
import { usd } from '../usd.ts'

const EVENT_STREAM = 'text/event-stream; charset=utf-8'

/** False where the recording cannot be told in the form that is asked for. */
export function answerRemembered(
  { incoming, sink, gateway }: Departure,
  answer: RememberedAnswer,
  by: 'exact' | 'semantic',
  savedNanoUsd: number | undefined,
): boolean {
  const { request, id } = incoming
  const body = inForm(answer, request)
  if (body === undefined) return false
  const nowMs = gateway.now()
  sink.begin(200, [
    'content-type',
    contentType(answer, request.stream),
    'content-length',
    String(body.byteLength),
    'x-trimtab-request-id',
    id,
    'x-trimtab-model',
    headerText(`${answer.provider}/${answer.model}`),
    ...(answer.tier === undefined ? [] : ['x-trimtab-tier', headerText(answer.tier)]),
    ...(request.stream ? [] : ['x-trimtab-cost-usd', '0']),
    ...(request.stream || savedNanoUsd === undefined ? [] : ['x-trimtab-saved-usd', usd(savedNanoUsd)]),
    'cache-status',
    `trimtab; hit; ttl=${Math.ceil((answer.expiresAt - nowMs) / 1000)}; detail=${by}`,
    'age',
    String(Math.max(0, Math.floor((nowMs - answer.createdAt) / 1000))),
  ])
  sink.write(body)
  sink.end()
  return true
}

function inForm({ form, body, usage }: RememberedAnswer, request: CallerRequest): Uint8Array | undefined {
  // Of other endpoints each form is remembered by itself.
  if (request.endpoint !== 'chat/completions') return body
  if (!request.stream) return form === 'json' ? body : streamAsAnswer(body, usage)
  if (form === 'json') return answerAsStream(body, request.wantsUsage)
  return concatenate(replayStream(body, request.wantsUsage, usage))
}

function contentType(answer: RememberedAnswer, stream: boolean): string {
  if ((answer.form === 'stream') === stream) return answer.contentType
  return stream ? EVENT_STREAM : 'application/json'
}
