import { describe, expect, it } from 'vitest'
import { usageFromWire } from '../../src/metering/usage.ts'
import { EventScanner } from '../../src/openai/event-scanner.ts'
import { readStreamEvent, type StreamEventFacts } from '../../src/openai/read-stream-event.ts'
import { streamFixtures } from './stream-fixtures.ts'

describe('readStreamEvent', () => {
  it.each(streamFixtures())('reads %s as its provider meant it', (_name, bytes, expected) => {
    const facts = factsOf([bytes])
    const seen = summary(facts)
    expect(seen).toEqual({
      finishReason: expected.finishReason ?? undefined,
      done: expected.done,
      // A service tier that stood beside it is added.
      usage: expected.usage ? expect.objectContaining(expected.usage) : undefined,
      usageOnlyEvents: expected.usageOnlyEvents,
      error: expected.error && {
        kind: 'error',
        message: expected.error.message,
        code: expected.error.code ?? undefined,
        status: expected.error.status ?? undefined,
      },
      malformed: 0,
    })
    const text = expected.text + (expected.reasoning ?? '')
    if (text !== '') expect(characters(facts)).toBe(text.length)
    if (expected.tokens !== undefined) {
      const tokens: Record<string, number> = usageFromWire(seen.usage)?.tokens ?? {}
      expect(Object.fromEntries(Object.entries(tokens).filter(([, count]) => count > 0))).toEqual(
        expected.tokens,
      )
    }
  })

  it.each(streamFixtures())(
    'gives the same usage for %s split in three, and byte by byte',
    (_name, bytes) => {
      const whole = summary(factsOf([bytes]))
      const third = Math.floor(bytes.length / 3)
      const thirds = [bytes.subarray(0, third), bytes.subarray(third, 2 * third), bytes.subarray(2 * third)]
      expect(summary(factsOf(thirds))).toEqual(whole)
      expect(summary(factsOf(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))))).toEqual(whole)
    },
  )

  it.each([
    ['a role', { role: 'assistant', content: '' }, false, 0],
    ['text', { content: 'ab' }, true, 2],
    ['reasoning_content', { content: null, reasoning_content: 'abc' }, true, 3],
    ['reasoning', { reasoning: 'abc' }, true, 3],
    ['reasoning under two names', { reasoning: 'abc', reasoning_content: 'abc' }, true, 3],
    ['encrypted reasoning', { reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }] }, true, 0],
    ['a tool call', { tool_calls: [{ index: 0, function: { name: 'f', arguments: '{}' } }] }, true, 3],
    ['a tool call that only begins', { tool_calls: [{ index: 0, id: 'a' }] }, true, 0],
    ['no tool calls', { tool_calls: [] }, false, 0],
    ['a refusal', { refusal: 'no' }, true, 2],
    ['audio', { audio: { data: 'AAAA' } }, true, 0],
    ['a function call', { function_call: { name: 'f', arguments: '' } }, true, 1],
    ['an image', { images: [{ type: 'image_url' }] }, true, 0],
    [
      'thinking in parts',
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'ab' }] }] },
      true,
      2,
    ],
  ])('knows whether %s is content', (_name, delta, hasContent, outputCharacters) => {
    const facts = readStreamEvent(JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }] }))
    expect(facts).toMatchObject({ kind: 'chunk', hasContent, outputCharacters, finishReason: undefined })
  })

  it.each([
    ['an unclosed object', '{"choices":[', { kind: 'malformed' }],
    ['a bare number', '12', { kind: 'malformed' }],
    ['an error in words', '{"error":"out of memory"}', { kind: 'error', message: 'out of memory' }],
    [
      'an error of older vLLM',
      '{"object":"error","message":"bad","code":400}',
      { kind: 'error', message: 'bad', status: 400 },
    ],
    [
      "Groq's error",
      '{"choices":[],"x_groq":{"error":"over capacity"}}',
      { kind: 'error', message: 'over capacity' },
    ],
    ['a null error', '{"error":null,"choices":[]}', { kind: 'chunk' }],
    ['an empty event', '', { kind: 'chunk', hasContent: false, usageOnly: false }],
    ['the end', '[DONE]', { kind: 'done' }],
    [
      'an empty finish reason',
      '{"choices":[{"delta":{},"finish_reason":""}]}',
      { kind: 'chunk', finishReason: undefined },
    ],
    [
      'usage beside a choice',
      '{"choices":[{"delta":{}}],"usage":{"prompt_tokens":1}}',
      { kind: 'chunk', usageOnly: false },
    ],
    ['legacy text', '{"choices":[{"text":"abc"}]}', { kind: 'chunk', hasContent: true, outputCharacters: 3 }],
  ])('takes %s for what it is', (_name, data, expected) => {
    expect(readStreamEvent(data)).toMatchObject(expected)
  })
})

function factsOf(chunks: readonly Uint8Array[]): StreamEventFacts[] {
  const scanner = new EventScanner()
  const events = chunks.flatMap((chunk) => scanner.push(chunk))
  return events.flatMap((event) => (event.data === undefined ? [] : [readStreamEvent(event.data)]))
}

function summary(facts: readonly StreamEventFacts[]) {
  const chunks = facts.filter((fact) => fact.kind === 'chunk')
  return {
    finishReason: chunks.findLast((chunk) => chunk.finishReason !== undefined)?.finishReason,
    done: facts.some((fact) => fact.kind === 'done'),
    usage: chunks.findLast((chunk) => chunk.usage !== undefined)?.usage,
    usageOnlyEvents: chunks.filter((chunk) => chunk.usageOnly).length,
    error: facts.find((fact) => fact.kind === 'error'),
    malformed: facts.filter((fact) => fact.kind === 'malformed').length,
  }
}

function characters(facts: readonly StreamEventFacts[]): number {
  return facts.reduce((sum, fact) => sum + (fact.kind === 'chunk' ? fact.outputCharacters : 0), 0)
}
