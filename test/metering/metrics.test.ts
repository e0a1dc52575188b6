import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BoundedLabel, Metrics, OTHER } from '../../src/metering/metrics.ts'
import { parseMetrics, sampleSum } from '../support/prometheus-text.ts'

describe('Metrics', () => {
  test('whatever labels hold comes back from a strict parser', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string()), { maxLength: 6 }),
        (pairs) => {
          const metrics = new Metrics()
          const counter = metrics.counter('c_total', 'Help with \\ and\nlines.', ['a', 'b'])
          const lines = pairs.filter((pair) => pair.every((text) => !text.includes('\n')))
          for (const pair of lines) counter.add(pair, 1)
          const parsed = parseMetrics(metrics.expose())
          expect(sampleSum(parsed, 'c_total')).toBe(lines.length)
          for (const [a, b] of lines) expect(sampleSum(parsed, 'c_total', { a, b })).toBeGreaterThan(0)
        },
      ),
    )
  })

  test('a line break in a label is escaped', () => {
    const metrics = new Metrics()
    metrics.counter('c_total', 'Help.', ['a']).add(['one\ntwo"\\'], 3)
    expect(metrics.expose()).toContain('c_total{a="one\\ntwo\\"\\\\"} 3\n')
    parseMetrics(metrics.expose())
  })

  test('a histogram counts every observation once, at and above its bounds', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true })), (observed) => {
        const metrics = new Metrics()
        const histogram = metrics.histogram('h_seconds', 'Help.', ['a'], [0.5, 1, 10])
        for (const value of observed) histogram.observe(['x'], value)
        const parsed = parseMetrics(metrics.expose())
        for (const bound of [0.5, 1, 10]) {
          const within = observed.filter((value) => value <= bound).length
          expect(sampleSum(parsed, 'h_seconds_bucket', { le: String(bound) })).toBe(within)
        }
        expect(sampleSum(parsed, 'h_seconds_count')).toBe(observed.length)
        expect(sampleSum(parsed, 'h_seconds_sum')).toBeCloseTo(
          observed.reduce((sum, value) => sum + value, 0),
          6,
        )
      }),
    )
  })

  test('a counter of nano-dollars is exposed in dollars', () => {
    const metrics = new Metrics()
    const cost = metrics.counter('cost_usd_total', 'Help.', [], 1e9)
    for (let times = 0; times < 10; times++) cost.add([], 100_000_000)
    expect(sampleSum(parseMetrics(metrics.expose()), 'cost_usd_total')).toBe(1)
  })

  test('a metric has 2,000 series, and one more for all the others', () => {
    const metrics = new Metrics()
    const counter = metrics.counter('c_total', 'Help.', ['a'])
    for (let index = 0; index < 5000; index++) counter.add([String(index)], 1)
    const samples = parseMetrics(metrics.expose()).get('c_total')?.samples ?? []
    expect(samples).toHaveLength(2001)
    expect(samples.find(({ labels }) => labels.a === OTHER)?.value).toBe(3000)
  })
})

test('BoundedLabel tells so many values apart, and goes on telling those', () => {
  const label = new BoundedLabel(2)
  expect(['a', 'b', 'c', 'a', 'd'].map((value) => label.of(value))).toEqual(['a', 'b', OTHER, 'a', OTHER])
})
