/** The text format is read as it is written: labels with whatever in them, all kinds of numbers, and nothing of what is broken. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readExposition } from '../../../src/providers/metrics/exposition.ts'

interface Read {
  name: string
  labels: Record<string, string>
  value: number
}

function read(text: string, wants: (name: string) => boolean = () => true): Read[] {
  const samples: Read[] = []
  readExposition(text, {
    wants,
    sample: (name, labels, value) => samples.push({ name, labels: Object.fromEntries(labels), value }),
  })
  return samples
}

const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,20}$/)
const labelName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,10}$/).filter((label) => label !== '__proto__')
const value = fc.oneof(
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.integer(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
)
const sample = fc.record({
  name,
  labels: fc.dictionary(labelName, fc.string({ unit: 'binary', maxLength: 12 }), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
  value,
})
/** Blanks where the format allows them, a time, an end of line as on Windows. */
const style = fc.record({
  before: fc.constantFrom('', ' ', '\t'),
  between: fc.constantFrom(' ', '\t', '  '),
  comma: fc.constantFrom(',', ', '),
  last: fc.constantFrom('', ','),
  after: fc.constantFrom('', ' 1790347303000', '\r', ' # {trace_id="a"} 1.0'),
})

function written(
  { name, labels, value }: Read,
  { before, between, comma, last, after }: Record<string, string>,
): string {
  const inside = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  const braces = inside.length === 0 ? '' : `{${inside.join(comma)}${last}}`
  return `${before}${name}${braces}${between}${figure(value)}${after}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function figure(value: number): string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? '+Inf' : '-Inf'
}

describe('readExposition', () => {
  it('reads back whatever was written, between lines that are not understood', () => {
    const junk = fc.constantFrom(
      '',
      '# HELP a {b} 1',
      '# EOF',
      '<html>',
      'a{b="c} 1',
      'a{b=1} 2',
      'a 1x',
      'a',
      '{"a"} 1',
      'a{} ',
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(sample, style, junk)), (lines) => {
        const text = lines.flatMap(([it, how, other]) => [other, written(it, how)]).join('\n')
        expect(read(text)).toEqual(lines.map(([it]) => it))
      }),
    )
  })

  it('never throws, whatever it is given', () => {
    const alphabet = fc.constantFrom('a', '{', '}', '"', '\\', ',', '=', ' ', '\n', '#', '1', '.', 'e', '\r')
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: alphabet, maxLength: 60 }))
    fc.assert(
      fc.property(text, (garbage) => {
        for (const { value } of read(garbage)) expect(typeof value).toBe('number')
      }),
    )
  })

  it('reads nothing of lines that nobody asked for', () => {
    expect(read('a 1\nb 2\nab 3\n', (it) => it === 'a')).toEqual([{ name: 'a', labels: {}, value: 1 }])
  })

  it('takes a label that lasts to the end of its line for no label', () => {
    expect(read(`a{b="${'\\"'.repeat(10_000)}\nc 1`)).toEqual([{ name: 'c', labels: {}, value: 1 }])
  })
})
