/** A stream reaches its caller whole and the same, however the network cuts it, and nobody takes a part for the whole. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StreamExpectation } from '../../../src/gateway/relays/stream-expectation.ts'
import { streamFixtures } from '../../openai/stream-fixtures.ts'
import { chunk, content, cut, finish, finished, relayed, summary } from './relayed.ts'

const FIXTURES = streamFixtures()
const encoder = new TextEncoder()

describe('StreamRelay', () => {
  describe.each([true, false])('where the caller asked for usage: %s', (wantsUsage) => {
    it.each(FIXTURES)('carries %s alike wherever it is split', (_name, bytes) => {
      const whole = summary(relayed([bytes], { wantsUsage }))
      const differing: number[] = []
      for (let at = 1; at < bytes.length; at++) {
        const split = relayed([bytes.subarray(0, at), bytes.subarray(at)], { wantsUsage })
        if (summary(split) !== whole) differing.push(at)
      }
      expect(differing).toEqual([])
      const bytewise = relayed(
        [...bytes].map((byte) => Uint8Array.of(byte)),
        { wantsUsage },
      )
      expect(summary(bytewise)).toBe(whole)
    })

    it.each(FIXTURES)('carries %s as its provider meant it', (_name, bytes, expected) => {
      const heard = relayed([bytes], { wantsUsage })
      const isWhole = expected.finishReason !== null && expected.error === undefined
      expect(heard.ended?.kind).toBe(isWhole ? 'whole' : 'cut')
      const seen = heard.ended && 'seen' in heard.ended ? heard.ended.seen.usage : undefined
      // The service tier, which decides the price, is read from beside the block.
      const { service_tier: _, ...usage } = (seen ?? {}) as Record<string, unknown>
      expect(usage).toEqual(expected.usage ?? {})
      if (!isWhole) return expect(heard.text).not.toContain('[DONE]')
      const sent = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
      const done = expected.done ? '' : 'data: [DONE]\n\n'
      if (wantsUsage || expected.usageOnlyEvents === 0) expect(heard.text).toBe(sent + done)
      else expect(sent.length - heard.text.length + done.length).toBeGreaterThan(50)
      expect(heard.text).toContain('[DONE]')
    })
  })

  it('waits for every choice before it calls a stream without [DONE] whole', () => {
    const both = [content(0, 'a'), content(1, 'b'), finish(0), finish(1)]
    expect(relayed(both, { choices: 2 }).ended?.kind).toBe('whole')
    expect(relayed(both.slice(0, 3), { choices: 2 }).ended?.kind).toBe('cut')
    // Some servers repeat the reason, for instance with the usage.
    const repeated = [content(0, 'a'), content(1, 'b'), finish(0), finish(0)]
    expect(relayed(repeated, { choices: 2 }).ended?.kind).toBe('cut')
    const together = [content(0, 'a'), chunk([finished(0), finished(1)])]
    expect(relayed(together, { choices: 2 }).ended?.kind).toBe('whole')
  })

  it('drops what comes after [DONE], in the same piece or in the next', () => {
    const stream = [content(0, 'a'), finish(0), encoder.encode('data: [DONE]\n\n')]
    const late = encoder.encode(': late\n\n')
    const expected = Buffer.concat(stream).toString()
    expect(relayed([Buffer.concat([...stream, late])]).text).toBe(expected)
    expect(relayed([Buffer.concat(stream), late]).text).toBe(expected)
  })

  it('calls whole what is, and only that, for any sequence of events in any split', () => {
    const error = encoder.encode('data: {"error":{"message":"broken","type":"server_error"}}\n\n')
    const usage = encoder.encode('data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n')
    const verdict = chunk([{ index: 0, delta: {}, finish_reason: 'content_filter' }])
    const piece = fc.constantFrom(
      content(0, 'a'),
      content(0, 'é🌙'),
      content(0, '[DONE]\n\ndata: x'),
      content(1, 'b'),
      finish(0),
      finish(1),
      chunk([{ index: 0, delta: { role: 'assistant' }, finish_reason: null }]),
      encoder.encode(': ping\n\n'),
      encoder.encode('\n'),
      encoder.encode('event: x\r\ndata: {}\r\n\r\n'),
      encoder.encode('data: {"choices"\n\n'),
      encoder.encode('data: half'),
      encoder.encode('data: [DONE]\n\n'),
      error,
      usage,
      verdict,
    )
    const release = fc.constantFrom<StreamExpectation['release']>(
      { kind: 'first_content' },
      { kind: 'tokens', count: 1 },
      { kind: 'whole' },
    )
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.array(fc.nat(800), { maxLength: 5 }),
        fc.record({ wantsUsage: fc.boolean(), choices: fc.integer({ min: 1, max: 2 }), release }),
        (pieces, cuts, expected) => {
          const bytes = Buffer.concat(pieces)
          const heard = relayed([bytes], expected)
          expect(summary(relayed(cut(bytes, cuts), expected))).toBe(summary(heard))
          const isClosed = heard.text.endsWith('data: [DONE]\n\n')
          expect(heard.ended?.kind === 'whole').toBe(isClosed)
          if (heard.ended?.kind === 'faulty')
            expect(heard).toMatchObject({ text: '', released: 0, sinkEnds: 0 })
          else expect(heard).toMatchObject({ released: 1, sinkEnds: 1 })
          if (heard.ended?.kind === 'cut') expect(heard.text).toMatch(/data: \{"error":.*\}\n\n$/)
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('holds role-only chunks, comments and pings until there is content', () => {
    const role = chunk([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }])
    const comment = encoder.encode(': OPENROUTER PROCESSING\n\n')
    const heard = relayed([comment, role], {}, { end: false })
    expect(heard).toMatchObject({ text: '', released: 0 })
    expect(relayed([comment, role, content(0, 'a')], {}, { end: false }).text).toContain('PROCESSING')
  })

  it('lets another target take over where the stream breaks before content, and says so after it', () => {
    expect(relayed([encoder.encode(': ping\n\n')]).ended).toMatchObject({
      kind: 'faulty',
      fault: { kind: 'reset' },
    })
    const broken = relayed([content(0, 'a')])
    expect(broken.ended).toMatchObject({ kind: 'cut' })
    expect(broken.text).toMatch(/data: \{"error":\{"message":".*","type":"provider_error".*\}\n\n$/)
  })

  it('holds so many tokens, or all, as the policy says', () => {
    const words = Array.from({ length: 10 }, () => content(0, 'word'))
    expect(
      relayed(words.slice(0, 4), { release: { kind: 'tokens', count: 5 } }, { end: false }).released,
    ).toBe(0)
    expect(
      relayed(words.slice(0, 5), { release: { kind: 'tokens', count: 5 } }, { end: false }).released,
    ).toBe(1)
    expect(relayed(words, { release: { kind: 'whole' } }, { end: false }).released).toBe(0)
    expect(relayed([...words, finish(0)], { release: { kind: 'whole' } }).ended?.kind).toBe('whole')
    expect(relayed(words, { release: { kind: 'whole' } }).ended?.kind).toBe('faulty')
  })

  it('bounds what it holds back, whatever the policy says', () => {
    const big = content(0, 'x'.repeat(1 << 20))
    const heard = relayed(
      Array.from({ length: 9 }, () => big),
      { release: { kind: 'whole' } },
      { end: false },
    )
    expect(heard.released).toBe(1)
  })

  it('cuts a stream whose event never ends', () => {
    const heard = relayed(
      [content(0, 'a'), encoder.encode(`data: ${'x'.repeat(9 << 20)}`)],
      {},
      { end: false },
    )
    expect(heard.ended).toMatchObject({ kind: 'cut', fault: { kind: 'malformed' } })
  })
})
