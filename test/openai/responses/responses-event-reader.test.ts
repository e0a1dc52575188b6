import { describe, expect, it } from 'vitest'
import { usageFromWire } from '../../../src/metering/usage.ts'
import { EventScanner } from '../../../src/openai/event-scanner.ts'
import type { StreamEventFacts } from '../../../src/openai/read-stream-event.ts'
import { readResponsesAnswer } from '../../../src/openai/responses/read-responses-answer.ts'
import { ResponsesEventReader } from '../../../src/openai/responses/responses-event-reader.ts'
import { responseStreams } from './response-fixtures.ts'

describe('ResponsesEventReader', () => {
  it.each(responseStreams())('reads %s as its provider meant it', (_name, bytes, expected) => {
    const seen = summary([bytes])
    expect(seen).toMatchObject({
      finishReason: expected.finishReason ?? undefined,
      finished: expected.finishReason === null ? [] : [0],
      done: expected.done === true,
      usage: expected.usage ? expect.objectContaining(expected.usage) : undefined,
      error: expected.error && { kind: 'error', ...expected.error },
      characters: expected.text.length,
      malformed: 0,
      model: 'gpt-5.4-2026-03-05',
      hasRest: expected.rest === true,
    })
    if (expected.tokens === undefined) return
    const tokens: Record<string, number> = usageFromWire(seen.usage)?.tokens ?? {}
    expect(Object.fromEntries(Object.entries(tokens).filter(([, count]) => count > 0))).toEqual(
      expected.tokens,
    )
  })

  it.each(responseStreams())('reads %s alike wherever it is split', (_name, bytes) => {
    const whole = summary([bytes])
    for (let at = 1; at < bytes.length; at++) {
      const seen = summary([bytes.subarray(0, at), bytes.subarray(at)])
      if (JSON.stringify(seen) !== JSON.stringify(whole)) expect({ at, ...seen }).toEqual(whole)
    }
    expect(summary(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toEqual(whole)
  })

  it.each(responseStreams().filter(([, , { finishReason }]) => finishReason !== null))(
    'agrees with the whole answer that ends %s',
    (_name, bytes) => {
      const { finishReason, usage, characters, model } = summary([bytes])
      const last = new EventScanner().push(bytes).findLast(({ data }) => data?.startsWith('{'))
      const { response } = JSON.parse(last?.data ?? '') as { response: { id?: string } }
      expect(readResponsesAnswer(new TextEncoder().encode(JSON.stringify(response)))).toEqual({
        kind: 'answer',
        id: response.id,
        finishReason,
        usage,
        model,
        outputCharacters: characters,
      })
    },
  )

  it.each([
    ['a text', { type: 'response.output_text.delta', delta: 'ab' }, true, 2],
    ['an empty delta', { type: 'response.output_text.delta', delta: '' }, false, 0],
    ['audio', { type: 'response.audio.delta', delta: 'AAAA' }, true, 0],
    ['a message that begins', added({ type: 'message', content: [] }), false, 0],
    ['reasoning that begins', added({ type: 'reasoning', summary: [], encrypted_content: 'x' }), false, 0],
    ['a call that begins', added({ type: 'function_call', name: 'f', arguments: '' }), true, 1],
    ['a built-in tool that begins', added({ type: 'web_search_call' }), true, 0],
    ['the end of a part', { type: 'response.output_text.done', text: 'ab' }, false, 0],
    ['a ping', { type: 'keepalive' }, false, 0],
    ['an event of tomorrow', { type: 'response.hologram.began', detail: undefined }, false, 0],
  ])('finds content in %s, or not', (_name, event, hasContent, outputCharacters) => {
    expect(new ResponsesEventReader().read(JSON.stringify(event))).toMatchObject({
      kind: 'chunk',
      hasContent,
      outputCharacters,
      finished: [],
      usage: undefined,
    })
  })

  it('takes reasoning that only its provider can read for content once it is whole', () => {
    const item = { type: 'reasoning', summary: [], encrypted_content: 'gAAAA' }
    const event = { type: 'response.output_item.done', output_index: 0, item }
    expect(new ResponsesEventReader().read(JSON.stringify(event))).toMatchObject({
      hasContent: true,
      outputCharacters: 0,
    })
  })

  it('calls what is not JSON malformed, and nothing a ping', () => {
    expect(new ResponsesEventReader().read('{"type":')).toEqual({ kind: 'malformed' })
    expect(new ResponsesEventReader().read('[1]')).toEqual({ kind: 'malformed' })
    expect(new ResponsesEventReader().read('')).toMatchObject({ kind: 'chunk', hasContent: false })
  })
})

describe('readResponsesAnswer', () => {
  it.each([
    [
      '{"object":"response","status":"failed","error":{"code":"server_error","message":"Sorry."},"output":[]}',
      500,
      'server_error',
    ],
    ['{"object":"response","status":"failed","error":null,"output":[]}', undefined, undefined],
    [
      '{"error":{"message":"Slow down.","type":"requests","code":"rate_limit_exceeded"}}',
      429,
      'rate_limit_exceeded',
    ],
  ])('takes %s for an error', (text, status, code) => {
    expect(readResponsesAnswer(new TextEncoder().encode(text))).toMatchObject({ kind: 'error', status, code })
  })

  it('takes a response that runs in the background for an answer that has not ended', () => {
    const text = '{"object":"response","status":"queued","error":null,"output":[],"usage":null,"model":"m"}'
    expect(readResponsesAnswer(new TextEncoder().encode(text))).toEqual({
      kind: 'answer',
      usage: undefined,
      model: 'm',
      finishReason: undefined,
      outputCharacters: 0,
    })
  })

  it.each(['', '{"object":"response"', '[]', '{"hello":1}'])('calls %j malformed', (text) => {
    expect(readResponsesAnswer(new TextEncoder().encode(text))).toEqual({ kind: 'malformed' })
  })
})

function added(item: unknown): unknown {
  return { type: 'response.output_item.added', output_index: 0, item }
}

interface Summary {
  finishReason: string | undefined
  finished: number[]
  done: boolean
  usage: unknown
  error: StreamEventFacts | undefined
  characters: number
  malformed: number
  model: string | undefined
  hasRest: boolean
}

function summary(pieces: readonly Uint8Array[]): Summary {
  const scanner = new EventScanner()
  const reader = new ResponsesEventReader()
  const seen: Summary = {
    finishReason: undefined,
    finished: [],
    done: false,
    usage: undefined,
    error: undefined,
    characters: 0,
    malformed: 0,
    model: undefined,
    hasRest: false,
  }
  for (const { data } of pieces.flatMap((piece) => scanner.push(piece))) {
    if (data === undefined) continue
    const facts = reader.read(data)
    if (facts.kind === 'done') seen.done = true
    else if (facts.kind === 'malformed') seen.malformed++
    else if (facts.kind === 'error') seen.error = facts
    else {
      seen.finishReason ??= facts.finishReason
      seen.finished.push(...facts.finished)
      seen.usage = facts.usage ?? seen.usage
      seen.characters += facts.outputCharacters
      seen.model = facts.model ?? seen.model
    }
  }
  seen.hasRest = scanner.rest().byteLength > 0
  return seen
}
