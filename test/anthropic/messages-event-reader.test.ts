import { describe, expect, it } from 'vitest'
import { MessagesEventReader } from '../../src/anthropic/messages-event-reader.ts'
import { usageFromWire } from '../../src/metering/usage.ts'
import { EventScanner } from '../../src/openai/event-scanner.ts'
import type { StreamEventFacts } from '../../src/openai/read-stream-event.ts'
import { messagesFixtures } from './messages-fixtures.ts'

describe('MessagesEventReader', () => {
  it.each(messagesFixtures())('reads %s as Anthropic meant it', (_name, bytes, expected) => {
    const { facts, rest } = factsOf([bytes])
    const seen = summary(facts)
    expect(seen).toMatchObject({
      finishReason: expected.finishReason ?? undefined,
      done: expected.done,
      model: expected.model,
      malformed: 0,
      usageOnly: 0,
      error: expected.error && { kind: 'error', ...expected.error },
    })
    expect(rest > 0).toBe(expected.rest === true)
    const tokens: Record<string, number> = usageFromWire(seen.usage)?.tokens ?? {}
    expect(Object.fromEntries(Object.entries(tokens).filter(([, count]) => count > 0))).toEqual(
      expected.tokens,
    )
    expect(seen.characters).toBe((expected.text + expected.thinking + expected.input + expected.names).length)
  })

  it.each(messagesFixtures())('gives the same facts for %s split at every byte', (_name, bytes) => {
    const whole = factsOf([bytes])
    for (let at = 1; at < bytes.length; at++) {
      const split = factsOf([bytes.subarray(0, at), bytes.subarray(at)])
      // Said once for each byte: the assertion itself would be most of the time.
      if (JSON.stringify(split) !== JSON.stringify(whole)) expect(split, `split at ${at}`).toEqual(whole)
    }
    expect(factsOf(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toEqual(whole)
  })

  it('knows the first content, and what is none', () => {
    const contents = factsOf([fixture('text.txt')]).facts.map(
      (facts) => facts.kind === 'chunk' && facts.hasContent,
    )
    // message_start, content_block_start, ping, two deltas, and what ends the message.
    expect(contents).toEqual([false, false, false, true, true, false, false, false])
  })

  it.each([
    ['an empty event', '', { kind: 'chunk', hasContent: false }],
    ['an event of the future', '{"type":"budget_update","left":3}', { kind: 'chunk', hasContent: false }],
    ["OpenAI's end", '[DONE]', { kind: 'done' }],
    ['an unclosed object', '{"type":"message_stop"', { kind: 'malformed' }],
    ['a bare number', '12', { kind: 'malformed' }],
    [
      'an error without its type around it',
      '{"error":{"type":"rate_limit_error","message":"slow down"}}',
      { kind: 'error', message: 'slow down', code: 'rate_limit_error', status: 429 },
    ],
    [
      'an error of an unknown type',
      '{"type":"error","error":{"type":"new_error","message":"m"}}',
      { kind: 'error', message: 'm', code: 'new_error', status: undefined },
    ],
    [
      'a redacted thought',
      '{"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"x"}}',
      { kind: 'chunk', hasContent: true, outputCharacters: 0 },
    ],
    [
      'a signature',
      '{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"x"}}',
      { kind: 'chunk', hasContent: true, outputCharacters: 0 },
    ],
    [
      "a tool's beginning",
      '{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"abc","input":{}}}',
      { kind: 'chunk', hasContent: true, outputCharacters: 3 },
    ],
  ])('takes %s for what it is', (_name, data, expected) => {
    expect(new MessagesEventReader().read(data)).toMatchObject(expected)
  })

  it('keeps what the start counted where the end is silent or says null', () => {
    const reader = new MessagesEventReader()
    reader.read(
      '{"type":"message_start","message":{"usage":{"input_tokens":7,"cache_read_input_tokens":5,"output_tokens":1,"service_tier":"priority"}}}',
    )
    const facts = reader.read(
      '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":null,"output_tokens":9}}',
    )
    expect(facts).toMatchObject({
      finished: [0],
      usage: { input_tokens: 7, cache_read_input_tokens: 5, output_tokens: 9, service_tier: 'priority' },
    })
  })
})

function fixture(name: string): Uint8Array {
  const found = messagesFixtures().find(([fixtureName]) => fixtureName === name)
  if (found === undefined) throw new Error(`There is no fixture ${name}.`)
  return found[1]
}

function factsOf(chunks: readonly Uint8Array[]): { facts: StreamEventFacts[]; rest: number } {
  const scanner = new EventScanner()
  const reader = new MessagesEventReader()
  const events = chunks.flatMap((chunk) => scanner.push(chunk))
  const facts = events.flatMap((event) => (event.data === undefined ? [] : [reader.read(event.data)]))
  return { facts, rest: scanner.rest().length }
}

function summary(facts: readonly StreamEventFacts[]) {
  const chunks = facts.filter((fact) => fact.kind === 'chunk')
  return {
    finishReason: chunks.findLast((chunk) => chunk.finishReason !== undefined)?.finishReason,
    done: facts.some((fact) => fact.kind === 'done'),
    usage: chunks.findLast((chunk) => chunk.usage !== undefined)?.usage,
    model: chunks.find((chunk) => chunk.model !== undefined)?.model,
    usageOnly: chunks.filter((chunk) => chunk.usageOnly).length,
    error: facts.find((fact) => fact.kind === 'error'),
    malformed: facts.filter((fact) => fact.kind === 'malformed').length,
    characters: chunks.reduce((sum, chunk) => sum + chunk.outputCharacters, 0),
  }
}
