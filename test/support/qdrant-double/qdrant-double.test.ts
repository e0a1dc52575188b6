import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type QdrantDouble, startQdrantDouble } from './server.ts'

let qdrant: QdrantDouble
beforeAll(async () => {
  qdrant = await startQdrantDouble()
})
afterAll(() => qdrant.close())

/** The fault that a request is found to have, and the status it gets. */
async function faultOf(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; fault: string }> {
  qdrant.faults.length = 0
  const { status } = await fetch(qdrant.url + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status, fault: qdrant.faults.join('; ') }
}

const HALF = { vectors: { size: 2, distance: 'Cosine' } }

describe('the double of Qdrant', () => {
  it('takes what the description allows', async () => {
    expect(await faultOf('PUT', '/collections/a', HALF)).toEqual({ status: 200, fault: '' })
    const points = [{ id: crypto.randomUUID(), vector: [0.1, 0.2], payload: { tenant: 'x' } }]
    expect(await faultOf('PUT', '/collections/a/points?wait=true', { points })).toEqual({
      status: 200,
      fault: '',
    })
    expect(await faultOf('GET', '/collections/a')).toEqual({ status: 200, fault: '' })
  })

  it.each([
    ['PUT', '/collections/b', { vectors: { size: 2, distance: 'Near' } }],
    ['PUT', '/collections/b', { ...HALF, quantization_config: { scalar: { type: 'int4' } } }],
    ['PUT', '/collections/b', { ...HALF, quantisation: {} }],
    ['PUT', '/collections/a/points', { points: [{ id: 'a', vector: 'b' }] }],
    ['PUT', '/collections/a/points?wait_for=true', { points: [] }],
    ['POST', '/collections/a/points/query', { query: [1, 2], limit: 0 }],
    ['POST', '/collections/a/points/query', { query: [1, 2], filter: { must: [{ key: 4 }] } }],
    ['POST', '/collections/a/points/search', { vector: [1, 2] }],
  ])('holds %s %s to it: %j', async (method, path, body) => {
    const { status, fault } = await faultOf(method, path, body)
    expect(fault).not.toBe('')
    expect(status).toBeGreaterThanOrEqual(400)
  })

  it.each([
    ['POST', '/collections/a/points/query', { query: [1, 2, 3] }, 400],
    [
      'POST',
      '/collections/a/points/query',
      { query: [1, 2], filter: { must: [{ key: 'x', match: { value: 'y' } }] } },
      400,
    ],
    ['POST', '/collections/none/points/count', {}, 404],
    ['PUT', '/collections/a', HALF, 409],
  ])('refuses as Qdrant does: %s %s %j', async (method, path, body, refused) => {
    expect(await faultOf(method, path, body)).toEqual({ status: refused, fault: '' })
  })
})
