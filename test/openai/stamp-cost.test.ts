import { describe, expect, it } from 'vitest'
import { EventScanner } from '../../src/openai/event-scanner.ts'
import { stampCost } from '../../src/openai/stamp-cost.ts'
import { streamFixtures } from './stream-fixtures.ts'

const COST = { cost_usd: 0.000123, saved_usd: null }
const STAMP = '"trimtab":{"cost_usd":0.000123,"saved_usd":null}'

describe('stampCost', () => {
  it.each([
    ['data: {"a":{"b":1}}\n\n', `data: {"a":{"b":1},${STAMP}}\n\n`],
    ['data: {"a": 1 } \r\n\r\n', `data: {"a": 1 ,${STAMP}} \r\n\r\n`],
    ['data: {}\n\n', `data: {${STAMP}}\n\n`],
    ['event: x\ndata: {"a":1}\nid: {7}\n\n', `event: x\ndata: {"a":1,${STAMP}}\nid: {7}\n\n`],
    ['data: {\ndata: "a":1\ndata: }\n\n', `data: {\ndata: "a":1\ndata: ,${STAMP}}\n\n`],
    ['\uFEFFdata: {"a":1}\n\n', `\uFEFFdata: {"a":1,${STAMP}}\n\n`],
  ])('splices into %j and changes nothing else', (before, after) => {
    expect(stamp(before)).toBe(after)
  })

  it.each(['data: [DONE]\n\n', ': {}\n\n', 'data: {"a":1\n\n', 'event: {}\n\n'])(
    'leaves %j alone',
    (text) => {
      expect(stamp(text)).toBe(text)
    },
  )

  it.each(streamFixtures())('keeps every object of %s whole', (_name, bytes) => {
    const decoder = new TextDecoder()
    const objects = new EventScanner().push(bytes).filter((event) => event.data?.startsWith('{'))
    expect(objects.length).toBeGreaterThan(0)
    for (const event of objects) {
      const stamped = new EventScanner().push(stampCost(event, COST))
      expect(JSON.parse(stamped[0]?.data ?? '')).toEqual({ ...JSON.parse(event.data ?? ''), trimtab: COST })
      expect(decoder.decode(stampCost(event, COST)).replace(`,${STAMP}`, '')).toBe(
        decoder.decode(event.bytes),
      )
    }
  })
})

function stamp(text: string): string {
  const [event] = new EventScanner().push(new TextEncoder().encode(text))
  if (event === undefined) throw new Error('not a whole event')
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(stampCost(event, COST))
}
