import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FreeformInput } from '../../src/conversion/freeform-input.ts'
import { argumentsOfFreeform, freeformNames, functionOfFreeform } from '../../src/conversion/freeform-tool.ts'
import { cuts, cutter } from './chat-answers.ts'

const text = fc.string({
  unit: fc.oneof(fc.string({ unit: 'binary', maxLength: 3 }), fc.constantFrom('"', '\\', '\n', '😀')),
})
const LONE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

/** As servers write JSON: plainly, in ASCII alone, or with white space. */
const writing = fc.constantFrom<(input: string) => string>(
  argumentsOfFreeform,
  (input) =>
    argumentsOfFreeform(input).replace(
      /[^ -~]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  (input) => JSON.stringify({ input, more: [1] }, null, 2),
  (input) => JSON.stringify({ more: { input: 'no' }, input }),
)

describe('FreeformInput', () => {
  it('reads back what was said, wherever the arguments are cut, and never tells half a character', () => {
    fc.assert(
      fc.property(text, writing, cuts, (said, write, lengths) => {
        const pieces = read(cutter(lengths)(write(said)))
        expect(pieces.join('')).toBe(said)
        for (const piece of pieces) expect(piece).not.toMatch(LONE)
      }),
      { numRuns: 500 },
    )
  })

  it('gives the same for the same arguments, whatever they are', () => {
    const odd = fc.oneof(
      fc.json(),
      fc.string(),
      fc.tuple(fc.constantFrom('{"input":"', '{"input":', '{'), fc.string()).map((both) => both.join('')),
    )
    fc.assert(
      fc.property(odd, cuts, (args, lengths) => {
        expect(read(cutter(lengths)(args)).join('')).toBe(read([args]).join(''))
      }),
      { numRuns: 500 },
    )
  })

  it('tells a text while it grows', () => {
    const input = new FreeformInput()
    expect(['{"in', 'put": "*** Be', 'gin\\', 'n+a"}'].map((piece) => input.push(piece))).toEqual([
      '',
      '*** Be',
      'gin',
      '\n+a',
    ])
    expect(input.end()).toBe('')
  })

  it.each([
    ['plain text', 'plain text'],
    ['', ''],
    ['{}', ''],
    ['{"patch": "a"}', '{"patch":"a"}'],
    ['{"input": 7}', '{"input":7}'],
    ['{"input": "a\nb', 'a\nb'],
    ['{"input": "a\\u00', 'a'],
    ['{"input": "\\d+"}', '\\d+'],
  ])('makes of %j what was most likely meant', (args, meant) => {
    expect(read([args]).join('')).toBe(meant)
  })
})

describe('a custom tool as a function', () => {
  it.each([
    [{ type: 'grammar', syntax: 'lark', definition: 'start: "a"' }, /lark grammar:\nstart: "a"$/],
    [{ type: 'grammar', grammar: { syntax: 'regex', definition: 'a+' } }, /regular expression:\na\+$/],
    [{ type: 'text' }, /free text\.$/],
    [undefined, /free text\.$/],
  ])('tells the model of its format %j', (format, description) => {
    const { schema } = functionOfFreeform({ name: 'patch', description: 'Edits.', format })
    expect(schema).toMatchObject({ required: ['input'], properties: { input: { type: 'string' } } })
    expect((schema.properties as { input: { description: string } }).input.description).toMatch(description)
  })

  it('is known by its name, in whatever words it was declared', () => {
    const tools = [
      { type: 'custom', name: 'a' },
      { type: 'custom', custom: { name: 'b' } },
      { type: 'function', name: 'c' },
      7,
    ]
    expect([...freeformNames(tools)]).toEqual(['a', 'b'])
    expect(freeformNames(undefined).size).toBe(0)
  })
})

function read(pieces: readonly string[]): string[] {
  const input = new FreeformInput()
  return [...pieces.map((piece) => input.push(piece)), input.end()]
}
