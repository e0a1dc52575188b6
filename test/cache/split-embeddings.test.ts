/** One answer to several callers' embeddings, taken apart: to each its vectors, and all of the usage to somebody. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sharesOfUsage, splitEmbeddings } from '../../src/cache/split-embeddings.ts'
import { embeddingsAnswer } from '../support/mock-provider/embeddings-answer.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): { data: unknown; usage: Record<string, number>; model: string } =>
  JSON.parse(new TextDecoder().decode(bytes))

const callers = fc.array(fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 5 }), {
  minLength: 1,
  maxLength: 6,
})

describe('splitEmbeddings', () => {
  it('gives each caller what it would have got alone, whatever form vectors have', () => {
    fc.assert(
      fc.property(callers, fc.constantFrom('float', 'base64'), (asked, encoding_format) => {
        const more = { model: 'm', encoding_format }
        const whole = encode(embeddingsAnswer({ input: asked.flat(), ...more }))
        const answers = splitEmbeddings(whole, asked)
        expect(answers?.map((answer) => decode(answer).data)).toEqual(
          asked.map((input) => JSON.parse(embeddingsAnswer({ input, ...more })).data),
        )
        expect(answers?.every((answer) => decode(answer).model === 'm')).toBe(true)
      }),
    )
  })

  it('bills the usage to the token', () => {
    fc.assert(
      fc.property(callers, (asked) => {
        const whole = encode(embeddingsAnswer({ input: asked.flat(), model: 'm' }))
        const shares = (splitEmbeddings(whole, asked) ?? []).map((answer) => decode(answer).usage)
        const total = shares.reduce((sum, { prompt_tokens = 0 }) => sum + prompt_tokens, 0)
        expect(total).toBe(decode(whole).usage.prompt_tokens)
        expect(shares.every((share) => share.prompt_tokens === share.total_tokens)).toBe(true)
      }),
    )
  })

  it('keeps what else the answer says, wherever it stands', () => {
    const row = (index: number): string => `{"index":${index},"embedding":[${index}.50],"object":"embedding"}`
    const whole = `{"usage":{"prompt_tokens":4,"cost":3e-9},"id":"e1", "data":[${row(1)},${row(0)}] ,"x":[1.0]}`
    const [first, second] = splitEmbeddings(encode(whole), [['aaa'], ['b']]) ?? []
    expect(new TextDecoder().decode(first)).toBe(
      '{"usage":{"prompt_tokens":3,"cost":2e-9},"id":"e1", "data":[{"object":"embedding","index":0,"embedding":[0.50]}] ,"x":[1.0]}',
    )
    expect(new TextDecoder().decode(second)).toBe(
      '{"usage":{"prompt_tokens":1,"cost":1e-9},"id":"e1", "data":[{"object":"embedding","index":0,"embedding":[1.50]}] ,"x":[1.0]}',
    )
  })

  it('is undefined for an answer to other inputs', () => {
    const whole = encode(embeddingsAnswer({ input: ['a', 'b'], model: 'm' }))
    expect(splitEmbeddings(whole, [['a'], ['b'], ['c']])).toBeUndefined()
    expect(splitEmbeddings(encode('{"data":'), [['a']])).toBeUndefined()
  })
})

describe('sharesOfUsage', () => {
  it('shares whole numbers to the unit, and costs to the billionth', () => {
    const weights = fc.array(fc.nat(1000), { minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(fc.nat(1e9), fc.nat(1e9), weights, (tokens, nano, of) => {
        const shares = sharesOfUsage({ tokens, deep: { nano: nano / 1e9 }, kind: 'k' }, of) as {
          tokens: number
          deep: { nano: number }
          kind: string
        }[]
        const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0)
        expect(sum(shares.map((share) => share.tokens))).toBe(tokens)
        expect(sum(shares.map((share) => Math.round(share.deep.nano * 1e9)))).toBe(nano)
        expect(shares.every((share) => share.kind === 'k' && share.tokens >= 0)).toBe(true)
      }),
    )
  })
})
