/** What is told to break a schema does so by the reference, and no schema holds anybody up. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keepsToSchema } from '../../src/openai/schema-check.ts'

const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: false, logger: false })

const scalar = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom('', 'a', 'ab', 'é'),
  fc.boolean(),
  fc.constant(null),
  fc.constant(1.5),
)
const names = fc.constantFrom('a', 'b', 'c')
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(names, tie('value'), { maxKeys: 3 }),
  ),
}))
const type = fc.constantFrom('object', 'array', 'string', 'number', 'integer', 'boolean', 'null')
const bound = fc.integer({ min: 0, max: 3 })
const { schema } = fc.letrec((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small' },
    fc.record({ type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })) }),
    fc.record({ enum: fc.array(scalar, { minLength: 1, maxLength: 3 }) }),
    fc.record({ const: scalar }),
    fc.boolean(),
    fc.record(
      { minimum: bound, exclusiveMaximum: bound, multipleOf: fc.integer({ min: 1, max: 3 }) },
      { requiredKeys: [] },
    ),
    fc.record({ minLength: bound, maxLength: bound }, { requiredKeys: [] }),
    fc.record(
      {
        properties: fc.dictionary(names, tie('schema'), { maxKeys: 3 }),
        required: fc.uniqueArray(names, { maxLength: 2 }),
        additionalProperties: tie('schema'),
        maxProperties: bound,
      },
      { requiredKeys: [] },
    ),
    fc.record(
      {
        items: tie('schema'),
        prefixItems: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
        minItems: bound,
      },
      { requiredKeys: [] },
    ),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('schema') }),
  ),
}))

describe('keepsToSchema', () => {
  it('agrees with the reference on everything that it looks at', () => {
    fc.assert(
      fc.property(schema, value, (stated, said) => {
        expect(keepsToSchema(said, stated)).toBe(ajv.validate(stated as object, said))
      }),
      { numRuns: 3000 },
    )
  })

  it('follows references within the schema, round in circles too', () => {
    const node = { type: 'object', required: ['name'], properties: { next: { $ref: '#/$defs/node' } } }
    const list = { $ref: '#/$defs/node', $defs: { node } }
    expect(keepsToSchema({ name: 1, next: { name: 2 } }, list)).toBe(true)
    expect(keepsToSchema({ name: 1, next: {} }, list)).toBe(false)
    expect(keepsToSchema(1, { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } })).toBe(true)
  })

  it.each([
    ['a pattern', 'b', { pattern: '^a' }],
    ['what a pattern is denied', 'b', { not: { pattern: '^b' } }],
    [
      'members by pattern',
      { b: 1 },
      { patternProperties: { '^b': { type: 'string' } }, additionalProperties: false },
    ],
    ['a reference that leads elsewhere', 1, { $ref: 'https://example.com/schema.json' }],
    ['what is no schema', 1, 'string'],
  ])('has no verdict on %s', (_, said, stated) => {
    expect(keepsToSchema(said, stated)).toBe(true)
  })

  it('gives up on what would take for ever', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [
        `d${at}`,
        { anyOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
      ]),
    )
    expect(keepsToSchema(1, { $ref: '#/$defs/d0', $defs: { ...$defs, d60: { type: 'string' } } })).toBe(true)
    expect(keepsToSchema(`${'a'.repeat(40)}!`, { pattern: '^(a+)+$' })).toBe(true)
  })
})
