import { describe, expect, it } from 'vitest'
import { MessagesEventReader } from '../../src/anthropic/messages-event-reader.ts'
import { ChatStreamAsMessages } from '../../src/conversion/chat-stream-as-messages.ts'
import { type Frame, frameBytes } from '../../src/conversion/frame.ts'
import { MessagesStreamAsChat } from '../../src/conversion/messages-stream-as-chat.ts'
import { usageFromWire } from '../../src/metering/usage.ts'
import { EventScanner } from '../../src/openai/event-scanner.ts'
import { readStreamEvent } from '../../src/openai/read-stream-event.ts'
import { messagesFixtures } from '../anthropic/messages-fixtures.ts'
import { streamFixtures } from '../openai/stream-fixtures.ts'
import type { Fields } from './arbitrary-values.ts'

describe('MessagesStreamAsChat', () => {
  it.each(messagesFixtures())('tells %s in chat with the same facts', (_name, bytes, expected) => {
    const conversion = new MessagesStreamAsChat({ includeUsage: true, created: 1, freeform: new Set() })
    const frames = eventsOf(bytes).flatMap((event) => conversion.push(event))
    frames.push(...conversion.end())
    const facts = frames.map(({ data }) => readStreamEvent(data))
    const chunks = facts.filter((fact) => fact.kind === 'chunk')
    expect(facts.some(({ kind }) => kind === 'done')).toBe(expected.done)
    expect(facts.find(({ kind }) => kind === 'error')).toEqual(
      expected.error && { kind: 'error', message: 'Overloaded', code: 'overloaded', status: undefined },
    )
    expect(chunks.findLast(({ finishReason }) => finishReason !== undefined)?.finishReason).toBe(
      expected.finishReason ?? undefined,
    )
    expect(text(frames, 'content')).toBe(expected.text)
    expect(text(frames, 'reasoning_content')).toBe(expected.thinking)
    const usage = chunks.findLast((chunk) => chunk.usage !== undefined)?.usage
    const tokens: Record<string, number> = usageFromWire(usage)?.tokens ?? {}
    // A stream that was cut off, or broke, tells no usage.
    expect(Object.fromEntries(Object.entries(tokens).filter(([, count]) => count > 0))).toEqual(
      expected.done ? expected.tokens : {},
    )
  })

  it('keeps the usage back from callers that did not ask', () => {
    const conversion = new MessagesStreamAsChat({ includeUsage: false, created: 1, freeform: new Set() })
    const [found] = messagesFixtures()
    const frames = eventsOf(found?.[1] ?? new Uint8Array(0)).flatMap((event) => conversion.push(event))
    expect(frames.some(({ data }) => data.includes('prompt_tokens'))).toBe(false)
    expect(frames.at(-1)?.data).toBe('[DONE]')
  })
})

describe('ChatStreamAsMessages', () => {
  it.each(streamFixtures())(
    "tells %s in Anthropic's events with the same facts",
    (_name, bytes, expected) => {
      const conversion = new ChatStreamAsMessages()
      const frames = eventsOf(bytes).flatMap((event) => conversion.push(event))
      frames.push(...conversion.end())
      const reader = new MessagesEventReader()
      // Through bytes, as a client gets them.
      const facts = frames
        .flatMap((frame) => eventsOf(frameBytes(frame)))
        .map(({ event, data }) => {
          expect(JSON.parse(data).type).toBe(event)
          return reader.read(data)
        })
      const events = frames.map(({ data }) => JSON.parse(data) as Fields)
      const deltas = events.map(({ delta }) => (delta ?? {}) as Fields)
      expect(deltas.map((delta) => delta.text ?? '').join('')).toBe(expected.text)
      expect(deltas.map((delta) => delta.thinking ?? '').join('')).toBe(expected.reasoning ?? '')
      const isWhole = expected.finishReason !== null && expected.error === undefined
      expect(facts.some(({ kind }) => kind === 'done')).toBe(isWhole)
      expect(facts.some(({ kind }) => kind === 'error')).toBe(expected.error !== undefined)
      if (!isWhole || expected.usage === null) return
      const native = usageFromWire(expected.usage)?.tokens
      const said = usageFromWire(usageOf(facts))?.tokens
      // Anthropic has no word for audio and images, which count as text there.
      expect(sum(said, /^(?:input|cache|audio_in|image_in)/)).toBe(
        sum(native, /^(?:input|cache|audio_in|image_in)/),
      )
      expect(said?.cache_read).toBe(native?.cache_read)
    },
  )

  it('gives calls that share an index, or have none, a block each', () => {
    const conversion = new ChatStreamAsMessages()
    const chunks = [
      { tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }] },
      { tool_calls: [{ index: 0, id: 'b', function: { name: 'g', arguments: '{"x":1}' } }] },
      { tool_calls: [{ id: 'c', function: { name: 'h', arguments: '{}' } }] },
    ].map((delta) => JSON.stringify({ id: 'x', choices: [{ index: 0, delta }] }))
    chunks.push('{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}', '[DONE]')
    const events = chunks
      .flatMap((data) => conversion.push({ event: undefined, data }))
      .map(({ data }) => JSON.parse(data) as Fields)
    const started = events.filter(({ type }) => type === 'content_block_start')
    expect(started.map(({ content_block }) => (content_block as Fields).id)).toEqual(['a', 'b', 'c'])
    expect(events.map(({ delta }) => (delta as Fields | undefined)?.partial_json).filter(Boolean)).toEqual([
      '{}',
      '{"x":1}',
      '{}',
    ])
  })

  it('tells after the calls what came between their pieces', () => {
    const conversion = new ChatStreamAsMessages()
    const chunks = [
      { tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' } }] },
      { content: 'late ' },
      { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
      { content: 'text' },
    ].map((delta) => JSON.stringify({ choices: [{ index: 0, delta }] }))
    chunks.push('{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}', '[DONE]')
    const events = chunks
      .flatMap((data) => conversion.push({ event: undefined, data }))
      .map(({ data }) => JSON.parse(data) as Fields)
    const deltas = events.map(({ delta }) => (delta ?? {}) as Fields)
    expect(deltas.map(({ partial_json }) => partial_json ?? '').join('')).toBe('{"x":1}')
    expect(deltas.map(({ text }) => text ?? '').join('')).toBe('late text')
    expect(events.filter(({ type }) => type === 'content_block_stop')).toHaveLength(2)
  })

  it('says nothing of an end where the provider was cut off', () => {
    const conversion = new ChatStreamAsMessages()
    conversion.push({ event: undefined, data: '{"choices":[{"index":0,"delta":{"content":"a"}}]}' })
    expect(conversion.end()).toEqual([])
  })
})

function eventsOf(bytes: Uint8Array): Frame[] {
  const events = new EventScanner().push(bytes)
  return events.flatMap(({ event, data }) => (data === undefined ? [] : [{ event, data }]))
}

function text(frames: readonly Frame[], name: string): string {
  const deltas = frames
    .filter(({ data }) => data.startsWith('{'))
    .map(({ data }) => JSON.parse(data).choices?.[0]?.delta?.[name] ?? '')
  return deltas.join('')
}

function usageOf(facts: readonly { kind: string; usage?: unknown }[]): unknown {
  return facts.findLast((fact) => fact.usage !== undefined)?.usage
}

function sum(tokens: object | undefined, names: RegExp): number {
  const counts = Object.entries(tokens ?? {}).filter(([name]) => names.test(name))
  return counts.reduce((total, [, count]) => total + Number(count), 0)
}
