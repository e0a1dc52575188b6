/** What OpenAI's own SDK makes of a converted stream is what the whole answer converts to. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import OpenAI from 'openai'
import { accumulateResponse } from 'openai/lib/responses/ResponseAccumulator'
import type { Response as OpenAIResponse, ResponseStreamEvent } from 'openai/resources/responses/responses'
import { Stream } from 'openai/streaming'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatAnswerAsResponse } from '../../src/conversion/chat-answer-as-response.ts'
import { ChatStreamAsResponses } from '../../src/conversion/chat-stream-as-responses.ts'
import { type Frame, frameBytes } from '../../src/conversion/frame.ts'
import { concatenate } from '../../src/openai/concatenate.ts'
import { EventScanner } from '../../src/openai/event-scanner.ts'
import { ResponsesEventReader } from '../../src/openai/responses/responses-event-reader.ts'
import { streamAsAnswer } from '../../src/openai/stream-as-answer.ts'
import { streamFixtures } from '../openai/stream-fixtures.ts'
import {
  type ChatAnswer,
  callDeltas,
  chatAnswer,
  chunk,
  cuts,
  cutter,
  streamOf,
  textDeltas,
} from './chat-answers.ts'
import { problemsWith } from './response-schema.ts'

type Fields = Record<string, unknown>

const requests: fc.Arbitrary<Fields> = fc.record(
  {
    model: fc.constant('small'),
    input: fc.constant('Hello'),
    instructions: fc.constantFrom('Be brief.', null),
    reasoning: fc.constantFrom({ effort: 'low' }, { summary: 'auto' }, { generate_summary: 'concise' }, null),
    tools: fc.constantFrom(
      [],
      [{ type: 'function', name: 'f', parameters: { type: 'object' } }],
      [{ type: 'custom', name: 'freeform' }],
    ),
    metadata: fc.constantFrom({ a: 'b' }, null),
    max_output_tokens: fc.constantFrom(64, null),
    temperature: fc.constantFrom(0.5, null),
    user: fc.constantFrom('u'),
    text: fc.constantFrom({ verbosity: 'low' }, { format: { type: 'json_object' } }),
  },
  { requiredKeys: ['model', 'input'] },
)

describe('ChatStreamAsResponses', () => {
  it('gives what the whole answer converts to, assembled by the SDK, wherever the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(chatAnswer, requests, cuts, async (answer, request, lengths) => {
        const events = await readBySdk(converted(request, streamOf(answer, lengths)))
        const whole = chatAnswerAsResponse(answer as never, request, { created: answer.created })
        expect(assembled(events)).toEqual(whole)
        // Without the event that repeats everything: the deltas alone say the same.
        expect(assembled(events.slice(0, -1)).output).toEqual(whole.output)
      }),
      { numRuns: 300 },
    )
  })

  it('says the same over HTTP to the SDK that helps with streams', async () => {
    await fc.assert(
      fc.asyncProperty(chatAnswer, cuts, async (answer, lengths) => {
        const request = { model: 'small', input: 'Hello' }
        served = concatenate(converted(request, streamOf(answer, lengths)).map(frameBytes))
        const final = await client.responses.stream(request).finalResponse()
        const whole = chatAnswerAsResponse(answer as never, request, {
          created: answer.created,
        }) as never as OpenAIResponse
        expect(final.output).toMatchObject(whole.output)
        expect(final.output_text).toBe(answer.choices[0].message.content ?? '')
        expect(final.usage).toEqual(whole.usage)
      }),
      { numRuns: 25 },
    )
  })

  it('keeps every text and every call of a model that goes back and forth between them', async () => {
    await fc.assert(
      fc.asyncProperty(chatAnswer, cuts, fc.infiniteStream(fc.nat()), async (answer, lengths, picks) => {
        const said = answer.choices[0].message
        const lines = [...textDeltas({ ...said, tool_calls: [] }, cutter(lengths)), null]
        const byMember = ['reasoning_content', 'content', 'refusal'].map((member) =>
          lines.filter((delta) => delta !== null && member in delta),
        )
        const perCall = (said.tool_calls ?? []).map((_, at) =>
          callDeltas(said, cutter(lengths)).filter(({ tool_calls: parts }) => list(parts)[0]?.index === at),
        )
        const deltas = shuffledTogether([...byMember, ...perCall] as Fields[][], picks)
        const data = [...deltas.map((delta) => chunk(answer, delta)), chunk(answer, {}, 'stop')]
        const frames = converted(
          { model: 'm' },
          data.map((event) => JSON.stringify(event)),
        )
        const response = assembled(await readBySdk(frames))
        expect(said_(response)).toEqual(said_(chatAnswerAsResponse(answer as never, {}, { created: 1 })))
      }),
      { numRuns: 200 },
    )
  })

  it('sends events of the shapes that OpenAI describes, numbered, each item and part begun and ended', () => {
    fc.assert(
      fc.property(chatAnswer, requests, cuts, (answer, request, lengths) => {
        const frames = converted(request, streamOf(answer, lengths))
        const events = frames.map(({ event, data }) => {
          const parsed = JSON.parse(data) as Fields
          expect(parsed.type).toBe(event)
          return parsed
        })
        expect(events.flatMap((event) => problemsWith(shapeOf(event.type), event))).toEqual([])
        expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at))
        expect(events.slice(0, 2).map(({ type }) => type)).toEqual([
          'response.created',
          'response.in_progress',
        ])
        expect(events.filter(({ type }) => /^response\.(completed|incomplete)$/.test(String(type)))).toEqual([
          events.at(-1),
        ])
        expectPairs(events)
      }),
      { numRuns: 200 },
    )
  })

  it.each(streamFixtures().filter(([, , { finishReason, error }]) => finishReason && !error))(
    'converts %s, of which no text and no token is lost',
    (_name, bytes, expected) => {
      const events = new EventScanner().push(bytes).flatMap(({ data }) => (data === undefined ? [] : [data]))
      const frames = converted({ model: 'm' }, events)
      const reader = new ResponsesEventReader()
      const facts = frames.map(({ data }) => reader.read(data))
      const characters = facts.reduce((sum, it) => sum + (it.kind === 'chunk' ? it.outputCharacters : 0), 0)
      const text = expected.text + (expected.reasoning ?? '')
      if (text !== '') expect(characters).toBe(text.length)
      const last = JSON.parse(frames.at(-1)?.data ?? '') as { response: Fields }
      const whole = JSON.parse(new TextDecoder().decode(streamAsAnswer(bytes, expected.usage))) as Fields
      const { output, usage, status } = chatAnswerAsResponse(whole, { model: 'm' }, { created: 1 })
      expect(withoutIds(last.response)).toEqual(withoutIds({ ...last.response, output, usage, status }))
      expect(problemsWith('Response', last.response)).toEqual([])
    },
  )

  it('tells each step in the order in which OpenAI does: a message is done before a call begins', () => {
    const call = { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }
    const deltas = [{ reasoning_content: 'Hm' }, { content: 'So' }, { content: '.' }, { tool_calls: [call] }]
    const data = [...deltas.map((delta) => chunk(bare(), delta)), chunk(bare(), {}, 'tool_calls')]
    const frames = converted(
      {},
      data.map((one) => JSON.stringify(one)),
    )
    expect(frames.map(({ event }) => event?.replace('response.', ''))).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'reasoning_text.delta',
      'reasoning_text.done',
      'content_part.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'completed',
    ])
  })

  it('tells calls apart by their ids where a server gives all of them the same index', () => {
    const call = (id: string, name: string) => ({
      tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: '{}' } }],
    })
    const answer = bare()
    const data = [
      chunk(answer, call('a', 'f')),
      chunk(answer, call('b', 'g')),
      chunk(answer, {}, 'tool_calls'),
    ]
    const [event] = converted(
      {},
      data.map((one) => JSON.stringify(one)),
    ).slice(-1)
    expect(JSON.parse(event?.data ?? '').response.output).toMatchObject([
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
      { type: 'function_call', call_id: 'b', name: 'g', arguments: '{}' },
    ])
  })

  it('tells logprobs with the text that they are about', () => {
    const entry = (token: string) => ({ token, logprob: -0.5, bytes: [104], top_logprobs: [] })
    const of = (token: string) => {
      const event = chunk(bare(), { content: token })
      const [choice] = event.choices as [Fields]
      return JSON.stringify({ ...event, choices: [{ ...choice, logprobs: { content: [entry(token)] } }] })
    }
    const frames = converted({}, [of('h'), of('i')])
    const deltas = frames.filter(({ event }) => event === 'response.output_text.delta')
    expect(deltas.map(({ data }) => JSON.parse(data).logprobs)).toEqual([[entry('h')], [entry('i')]])
    const { response } = JSON.parse(frames.at(-1)?.data ?? '')
    expect(response.output[0].content[0]).toMatchObject({ text: 'hi', logprobs: [entry('h'), entry('i')] })
  })

  it('says where a stream broke off, for the event that tells of it', () => {
    const conversion = new ChatStreamAsResponses({ model: 'm' }, { id: 'x', created: 9 })
    expect(conversion.failed()).toMatchObject({ id: 'resp_x', sequence: 0, output: [] })
    const frames = conversion.push({
      event: undefined,
      data: JSON.stringify(chunk(bare(), { content: 'Hal' })),
    })
    expect(conversion.failed()).toMatchObject({
      id: 'resp_1',
      sequence: frames.length,
      createdAt: 7,
      model: 'small-1',
      output: [{ type: 'message', content: [{ text: 'Hal' }] }],
    })
  })

  it('says nothing after its end, and ends once', () => {
    const conversion = new ChatStreamAsResponses({ model: 'm' })
    conversion.push({ event: undefined, data: JSON.stringify(chunk(bare(), { content: 'x' }, 'stop')) })
    expect(conversion.push({ event: undefined, data: '[DONE]' }).at(-1)?.event).toBe('response.completed')
    expect(conversion.end()).toEqual([])
    expect(
      conversion.push({ event: undefined, data: JSON.stringify(chunk(bare(), { content: 'y' })) }),
    ).toEqual([])
  })
})

let served: Uint8Array = new Uint8Array(0)
let server: Server
let client: OpenAI

beforeAll(async () => {
  server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(served)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  client = new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 })
})

afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

function converted(request: Fields, data: readonly string[]): Frame[] {
  const conversion = new ChatStreamAsResponses(request, { id: 'x', created: 1 })
  return [...data.flatMap((one) => conversion.push({ event: undefined, data: one })), ...conversion.end()]
}

async function readBySdk(frames: readonly Frame[]): Promise<ResponseStreamEvent[]> {
  const body = concatenate(frames.map(frameBytes)) as Uint8Array<ArrayBuffer>
  const stream = Stream.fromSSEResponse<ResponseStreamEvent>(new Response(body), new AbortController())
  const events: ResponseStreamEvent[] = []
  for await (const event of stream) events.push(event)
  return events
}

function assembled(events: readonly ResponseStreamEvent[]): Fields {
  let snapshot: OpenAIResponse | undefined
  for (const event of events) snapshot = accumulateResponse(event, snapshot)
  // The SDK's own convenience, which is no part of the wire.
  const { output_text: _, ...response } = snapshot as OpenAIResponse
  return response as never as Fields
}

/** All that a response says, by kind, without how it is divided into items. */
function said_(response: Fields): unknown {
  const items = response.output as Fields[]
  const texts: Record<string, string> = {}
  for (const part of items.flatMap((item) => [...list(item.content), ...list(item.summary)])) {
    const type = String(part.type)
    texts[type] = (texts[type] ?? '') + String(part.text ?? part.refusal)
  }
  const calls = items
    .filter(({ type }) => String(type).endsWith('_call'))
    .map(({ call_id, name, arguments: given, input }) => ({ call_id, name, given: given ?? input }))
    .sort((one, other) => String(one.call_id).localeCompare(String(other.call_id)))
  return { texts, calls }
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value : []
}

/** One of the rows' next, until none is left: each row stays in its order. */
function shuffledTogether(rows: Fields[][], picks: Iterator<number>): Fields[] {
  const left = rows.filter((row) => row.length > 0).map((row) => [...row])
  const mixed: Fields[] = []
  while (left.length > 0) {
    const at = Number(picks.next().value) % left.length
    const row = left[at] as Fields[]
    mixed.push(row.shift() as Fields)
    if (row.length === 0) left.splice(at, 1)
  }
  return mixed
}

function shapeOf(type: unknown): string {
  const words = String(type)
    .replace(/^response\.output_text/, 'response.text')
    .split(/[._]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return `${words.join('')}Event`
}

/** Whatever is added or begun is done, once, and afterwards. */
function expectPairs(events: readonly Fields[]): void {
  const open = new Set<string>()
  for (const event of events) {
    const [, thing, step] =
      /^response\.(output_item|content_part|reasoning_summary_part)\.(added|done)$/.exec(
        String(event.type),
      ) ?? []
    if (thing === undefined) continue
    const key = [thing, event.output_index, event.content_index, event.summary_index].join(' ')
    expect(open.has(key)).toBe(step === 'done')
    if (step === 'added') open.add(key)
    else open.delete(key)
  }
  expect([...open]).toEqual([])
}

function withoutIds(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (name, member) => (name === 'id' || name === 'call_id' ? 'id' : member)),
  )
}

function bare(): ChatAnswer {
  const message = { role: 'assistant' as const, content: null }
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 7,
    model: 'small-1',
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
  }
}
