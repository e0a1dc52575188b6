/** Values that stand in the requests and answers of both APIs. */
import fc from 'fast-check'

export type Fields = Record<string, unknown>

export const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  fc.constantFrom('line one\nline two', '"quoted" \\ 🌙', '{"looks": "like JSON"}', ' '),
)

export const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,12}$/)

export const callId = fc.stringMatching(/^(?:call_|toolu_)[a-zA-Z0-9]{4,10}$/)

/** As a parser gives it: without -0, and without names that assignment would lose. */
export const object: fc.Arbitrary<Fields> = fc
  .dictionary(fc.stringMatching(/^[a-zA-Z][a-zA-Z ]{0,6}$/), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as Fields)

export const schema: fc.Arbitrary<Fields> = fc.record({
  type: fc.constant('object'),
  properties: fc.dictionary(
    name,
    fc.constantFrom<Fields>({ type: 'string' }, { type: 'integer', minimum: 1 }),
    {
      maxKeys: 3,
    },
  ),
  required: fc.constant([]),
  additionalProperties: fc.constant(false),
}) as fc.Arbitrary<Fields>

export const base64 = fc.base64String({ minLength: 4, maxLength: 24 })

export const cacheControl = fc.constantFrom<Fields>({ type: 'ephemeral' }, { type: 'ephemeral', ttl: '1h' })

export const thinkingBlock: fc.Arbitrary<Fields> = fc.oneof(
  fc.record({ type: fc.constant('thinking'), thinking: text, signature: base64 }) as fc.Arbitrary<Fields>,
  // Thinking whose text is omitted.
  fc.record({
    type: fc.constant('thinking'),
    thinking: fc.constant(''),
    signature: base64,
  }) as fc.Arbitrary<Fields>,
  fc.record({ type: fc.constant('redacted_thinking'), data: base64 }) as fc.Arbitrary<Fields>,
)

/** Members that may or may not be stated. */
export function maybe(members: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Fields> {
  return fc.record(members, { requiredKeys: [] }).map((found) => ({ ...found }))
}

export function together(...parts: fc.Arbitrary<Fields>[]): fc.Arbitrary<Fields> {
  return fc.tuple(...parts).map((found) => Object.assign({}, ...found) as Fields)
}

/** The models whose generations differ in what they take. */
export const model = fc.constantFrom('claude-sonnet-4-20250514', 'claude-opus-4-6', 'claude-opus-5')
