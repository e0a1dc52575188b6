/** The double refuses what Triton refuses, so that a request which passes it is one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTriton, type Triton } from './triton.ts'

let triton: Triton
beforeAll(async () => {
  triton = await startTriton()
})
afterAll(() => triton.close())

async function infer(model: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${triton.origin}/v2/models/${model}/infer`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as { error?: string; outputs?: unknown[] } }
}

const TEXT = { name: 'TEXT', datatype: 'BYTES', shape: [1, 1], data: ['a'] }

describe('the double of Triton', () => {
  test('takes what the protocol allows, nested data too', async () => {
    const { status, body } = await infer('guard', { id: '1', inputs: [{ ...TEXT, data: [['a']] }] })
    expect([status, body.outputs]).toEqual([
      200,
      [expect.objectContaining({ name: 'SCORES', shape: [1, 3] })],
    ])
  })

  test.each([
    ['another model', 'nobody', { inputs: [TEXT] }, 404, "Request for unknown model: 'nobody' is not found"],
    ['no JSON', 'guard', '{', 400, 'failed to parse the request JSON buffer'],
    ['no inputs', 'guard', {}, 400, "required property 'inputs'"],
    ['a shape of texts', 'guard', { inputs: [{ ...TEXT, shape: ['1'] }] }, 400, 'must be integer'],
    [
      'too few inputs',
      'ranker',
      { inputs: [{ ...TEXT, name: 'QUERY' }] },
      400,
      'expected 2 inputs but got 1 inputs',
    ],
    ['another input', 'guard', { inputs: [{ ...TEXT, name: 'X' }] }, 400, "unexpected inference input 'X'"],
    [
      'another datatype',
      'guard',
      { inputs: [{ ...TEXT, datatype: 'FP32', data: [1] }] },
      400,
      "data-type is 'FP32', but model 'guard' expects 'BYTES'",
    ],
    ['another shape', 'guard', { inputs: [{ ...TEXT, shape: [1] }] }, 400, 'Expected [-1,1], got [1]'],
    ['too many elements', 'guard', { inputs: [{ ...TEXT, data: ['a', 'b'] }] }, 400, 'byte size mismatch'],
    [
      'too large a batch',
      'ranker',
      {
        inputs: ['QUERY', 'DOCUMENT'].map((name) => ({
          ...TEXT,
          name,
          shape: [9, 1],
          data: new Array(9).fill('a'),
        })),
      },
      400,
      'batch-size must be <= 8',
    ],
    [
      'another output',
      'guard',
      { inputs: [TEXT], outputs: [{ name: 'Y' }] },
      400,
      "unexpected inference output 'Y'",
    ],
    [
      'a binary size beyond the body',
      'guard',
      { inputs: [{ name: 'TEXT', datatype: 'BYTES', shape: [1, 1], parameters: { binary_data_size: 5 } }] },
      400,
      'unexpected size 5',
    ],
  ])('refuses %s', async (_, model, body, status, message) => {
    const refused = await infer(model, body)
    expect([refused.status, refused.body.error]).toEqual([status, expect.stringContaining(message)])
  })

  test('refuses bytes behind the tensors', async () => {
    const json = JSON.stringify({ inputs: [TEXT] })
    const { status, body } = await infer('guard', `${json}more`, {
      'inference-header-content-length': String(json.length),
    })
    expect([status, body.error]).toEqual([400, 'unexpected additional input data of 4 bytes'])
  })
})
