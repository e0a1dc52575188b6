/** An answer from documents, told as a model's would be: chat, responses or messages, whole or as a stream. */
import { type Conversion, convert } from '../../conversion/conversion.ts'
import { frameBytes } from '../../conversion/frame.ts'
import type { CitedPassage } from '../../knowledge/knowledge.ts'
import { answerAsStream } from '../../openai/answer-as-stream.ts'
import { concatenate } from '../../openai/concatenate.ts'
import { EventScanner, type StreamEvent } from '../../openai/event-scanner.ts'
import type { ModelRequest } from '../../openai/model-request.ts'
import { stampCost, stampCostOfData } from '../../openai/stamp-cost.ts'
import { headerText } from '../headers.ts'
import { elapsedMs, type Journey } from '../journey.ts'
import { usd } from '../usd.ts'

export interface DocumentsAnswer {
  tier: string
  collection: string
  confidence: number
  text: string
  /** What it is of. */
  passages: readonly CitedPassage[]
  /** Where these are, as its text refers to them. */
  places: readonly string[]
  /** Of phrasing it; undefined where the price is not known. */
  costNanoUsd: number | undefined
}

const CHARACTERS_PER_TOKEN = 4
const CHAT: ReadonlySet<'chat/completions'> = new Set(['chat/completions'])
const encoder = new TextEncoder()

/** As an answer without usage is told. */
export function answerTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN)
}

/** With the place of each passage behind it. */
export function toldText({ text, places }: Pick<DocumentsAnswer, 'text' | 'places'>): string {
  return `${text}\n\n(${places.length === 1 ? 'Source' : 'Sources'}: ${places.join(', ')})`
}

export function placeOf({ source, line }: CitedPassage): string {
  return `${source}:${line}`
}

export function tellDocuments(journey: Journey, answer: DocumentsAnswer): void {
  const { incoming, sink, entry } = journey
  const { request, id } = incoming
  const body = inCallersWords(journey, chatAnswer(journey, answer))
  entry.firstChunkMs = elapsedMs(journey)
  sink.begin(200, [
    'content-type',
    request.stream ? 'text/event-stream; charset=utf-8' : 'application/json',
    'content-length',
    String(body.byteLength),
    'x-trimtab-request-id',
    id,
    'x-trimtab-model',
    headerText(modelOf(answer)),
    'x-trimtab-tier',
    headerText(answer.tier),
    ...(request.stream || answer.costNanoUsd === undefined
      ? []
      : ['x-trimtab-cost-usd', usd(answer.costNanoUsd)]),
    'cache-status',
    journey.passage.cacheStatus,
  ])
  sink.write(body)
  sink.end()
}

function modelOf({ collection }: DocumentsAnswer): string {
  return `documents/${collection}`
}

function chatAnswer({ incoming, input, gateway }: Journey, answer: DocumentsAnswer) {
  const text = toldText(answer)
  const [prompt_tokens, completion_tokens] = [input.tokens, answerTokens(text)]
  return {
    id: `chatcmpl-${incoming.id}`,
    object: 'chat.completion',
    created: Math.floor(gateway.now() / 1000),
    model: modelOf(answer),
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
    trimtab: {
      ...(answer.costNanoUsd === undefined ? {} : { cost_usd: answer.costNanoUsd / 1e9 }),
      confidence: Math.round(answer.confidence * 1000) / 1000,
      sources: answer.passages.map(({ id, source, line, heading }) => ({ id, source, line, heading })),
    },
  }
}

function inCallersWords(journey: Journey, chat: ReturnType<typeof chatAnswer>): Uint8Array {
  const { request } = journey.incoming
  const { trimtab } = chat
  const conversion = conversionOf(journey, chat.model)
  if (!request.stream) {
    const told = conversion === undefined ? chat : { ...conversion.answer(chat), trimtab }
    return encoder.encode(JSON.stringify(told))
  }
  const stream = answerAsStream(
    encoder.encode(JSON.stringify(chat)),
    conversion !== undefined || request.wantsUsage,
  )
  const events = new EventScanner().push(stream ?? new Uint8Array())
  return conversion === undefined
    ? concatenate(events.map((event) => (tellsUsage(event) ? stampCost(event, trimtab) : event.bytes)))
    : converted(conversion, events, trimtab)
}

/** The one chunk without a choice. */
function tellsUsage({ data }: StreamEvent): boolean {
  return data?.includes('"choices":[],"usage":{') === true
}

/** Undefined where the caller speaks chat itself. */
function conversionOf({ incoming, gateway }: Journey, model: string): Conversion | undefined {
  const { request, principal, at } = incoming
  if (request.passed !== undefined || request.endpoint === 'chat/completions') return undefined
  const target = { endpoints: CHAT, chatBoundMember: 'max_tokens' as const, isStrict: false, model }
  const told = request.endpoint === 'responses' ? gateway.itemMemory.of(principal.tenant) : undefined
  return convert(request satisfies ModelRequest, target, { at, told })
}

function converted(
  conversion: Conversion,
  events: readonly StreamEvent[],
  trimtab: ReturnType<typeof chatAnswer>['trimtab'],
): Uint8Array {
  const saying = conversion.stream()
  const frames = events.flatMap(({ event, data = '' }) => saying.push({ event, data }))
  const stamped = [...frames, ...saying.end()].map((frame) =>
    frame.tellsUsage ? { ...frame, data: stampCostOfData(frame.data, trimtab) } : frame,
  )
  return concatenate(stamped.map(frameBytes))
}
