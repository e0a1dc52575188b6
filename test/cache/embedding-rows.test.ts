/** Embeddings taken apart and put together: whatever is remembered, the caller gets what the provider would have given. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  answerOf,
  bodyOfMany,
  bodyOfOne,
  inputsOf,
  readEmbeddings,
  sharesOf,
  withVectors,
} from '../../src/cache/embedding-rows.ts'

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const parsed = (answer: Uint8Array): { data: { index: number; embedding: unknown }[] } =>
  JSON.parse(new TextDecoder().decode(answer))

const vector = fc.oneof(
  fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 6 }),
  fc.base64String({ maxLength: 24 }),
)

function answered(vectors: readonly unknown[], order: readonly number[]): unknown {
  const data = order.map((index) => ({ object: 'embedding', index, embedding: vectors[index] }))
  return {
    object: 'list',
    data,
    model: 'text-embedding-3-small',
    usage: { prompt_tokens: 9, total_tokens: 9 },
  }
}

const vectorsOf = (answer: Uint8Array, count: number) => readEmbeddings(answer, count)?.vectors

describe('readEmbeddings and answerOf', () => {
  test('any share of remembered vectors gives the answer that asking for all would', () => {
    const cases = fc
      .array(fc.tuple(vector, fc.boolean()), { minLength: 1, maxLength: 12 })
      .chain((rows) =>
        fc.tuple(fc.constant(rows), fc.shuffledSubarray([...rows.keys()], { minLength: rows.length })),
      )
    fc.assert(
      fc.property(cases, fc.nat(3), ([rows, order], spaces) => {
        const vectors = rows.map(([one]) => one)
        const whole = new TextEncoder().encode(JSON.stringify(answered(vectors, order), null, spaces))
        const all = vectorsOf(whole, vectors.length)
        const misses = [...rows.keys()].filter((index) => !rows[index]?.[1])
        const asked = misses.map((index) => vectors[index])
        const fetched = vectorsOf(bytes(answered(asked, [...asked.keys()])), asked.length)
        const put = rows.map(([, isRemembered], index) =>
          isRemembered ? all?.[index] : fetched?.[misses.indexOf(index)],
        )
        const usage = { prompt_tokens: 1, total_tokens: 1 }
        const made = parsed(answerOf(put as Uint8Array[], 'm', usage))
        const expected = answered(vectors, [...vectors.keys()]) as { data: unknown[] }
        expect(made).toEqual({ ...JSON.parse(JSON.stringify(expected)), model: 'm', usage })
      }),
    )
  })

  test('other vectors leave all else of an answer as it came', () => {
    const text =
      '{"id": 1.0, "data" : [{"index":0,"embedding":[1]}] ,"usage":{"prompt_tokens":3}, "model":"m"}'
    const read = readEmbeddings(new TextEncoder().encode(text), 1)
    if (read === undefined) throw new Error('not read')
    const row = (index: number, embedding: string) =>
      `{"object":"embedding","index":${index},"embedding":${embedding}}`
    const whole = withVectors(read, [bytes('AA=='), bytes([2.5])])
    expect(new TextDecoder().decode(whole)).toBe(
      text.replace('[{"index":0,"embedding":[1]}]', `[${row(0, '"AA=="')},${row(1, '[2.5]')}]`),
    )
    expect(read.model).toBe('m')
  })

  test('an answer leaves out what nobody told', () => {
    expect(new TextDecoder().decode(answerOf([bytes([1])], undefined, undefined))).toBe(
      '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}]}',
    )
  })

  test('a vector keeps the bytes that the provider wrote', () => {
    const text = '{"data": [ {"embedding": [1.0, -2.50e-3] , "index": 0} ], "model":"m"}'
    const [first] = vectorsOf(new TextEncoder().encode(text), 1) ?? []
    expect(new TextDecoder().decode(first)).toBe('[1.0, -2.50e-3]')
  })

  test.each([
    ['fewer than asked', answered([[1]], [0]), 2],
    ['more than asked', answered([[1], [2]], [0, 1]), 1],
    ['one twice', answered([[1], [2]], [0, 0]), 2],
    ['a row without a vector', { data: [{ index: 0 }] }, 1],
    ['an empty row', { data: [{}] }, 1],
    ['a failure', { error: { message: 'no' } }, 1],
    ['no object', [1], 1],
    ['data that is no list', { data: {} }, 1],
  ])('%s is no answer', (_, answer, count) => {
    expect(vectorsOf(bytes(answer), count)).toBeUndefined()
  })

  test('an answer that was cut is none', () => {
    const whole = bytes(answered([[1, 2], 'AAAA'], [0, 1]))
    for (let end = 0; end < whole.length; end++) expect(vectorsOf(whole.subarray(0, end), 2)).toBeUndefined()
  })
})

test('an answer of one, as it is remembered, is read as any other, and not at all where it was cut', () => {
  const usage = fc.option(fc.record({ prompt_tokens: fc.nat(99) }), { nil: undefined })
  fc.assert(
    fc.property(vector, fc.option(fc.string(), { nil: undefined }), usage, (one, model, told) => {
      const whole = answerOf([bytes(one)], model, told)
      const read = readEmbeddings(whole, 1)
      expect(read?.model).toBe(model)
      expect(JSON.parse(new TextDecoder().decode(read?.vectors[0]))).toEqual(JSON.parse(JSON.stringify(one)))
      expect(read && withVectors(read, read.vectors)).toEqual(whole)
      expect(readEmbeddings(whole, 2)).toBeUndefined()
      for (let end = 0; end < whole.length; end++)
        expect(readEmbeddings(whole.subarray(0, end), 1)).toBeUndefined()
    }),
  )
})

test.each([
  ['a', ['a']],
  [
    ['a', 'b'],
    ['a', 'b'],
  ],
  [[1, 2], [[1, 2]]],
  [
    [[1], 'a'],
    [[1], 'a'],
  ],
  [[], undefined],
  [[1, 'a'], undefined],
  [[{}], undefined],
  [undefined, undefined],
])('inputsOf tells the inputs of %j apart', (input, inputs) => {
  expect(inputsOf({ model: 'm', input })).toEqual(inputs)
})

test('a body for fewer inputs asks for the same otherwise', () => {
  const body = { model: 'm', input: ['a', 'b'], dimensions: 256, user: 'u', encoding_format: 'base64' }
  expect(bodyOfOne(body, 'b')).toEqual({ ...body, input: 'b' })
  expect(bodyOfMany(body, ['b'])).toEqual({ ...body, input: ['b'] })
  expect(body.input).toEqual(['a', 'b'])
})

test('shares of a usage sum up to it', () => {
  const inputs = fc.array(fc.oneof(fc.string(), fc.array(fc.nat(9))), { minLength: 1 })
  fc.assert(
    fc.property(inputs, fc.nat(1e6), (list, tokens) => {
      const shares = sharesOf({ prompt_tokens: tokens, total_tokens: tokens }, list) ?? []
      expect(shares).toHaveLength(list.length)
      expect(shares.reduce((sum, { prompt_tokens: own }) => sum + own, 0)).toBe(tokens)
      expect(shares.every(({ prompt_tokens: own }) => own >= 0)).toBe(true)
    }),
  )
  expect(sharesOf(undefined, ['a'])).toBeUndefined()
})
