/** Joining of calls: what is asked together, what is handed to whom, and who leaves. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Answered, Batcher, type Joined } from '../../../src/providers/tensors/batcher.ts'
import type { RowAnswer } from '../../../src/providers/tensors/row.ts'
import { shareOut } from '../../../src/providers/tensors/share-out.ts'

interface Call {
  items: readonly string[]
  isAborted: boolean
  answer(tokens?: number): void
  fail(error: Error): void
}

function model(limits: Partial<{ maxRows: number; maxBytes: number; maxDelayMs: number }> = {}) {
  const calls: Call[] = []
  const batcher = new Batcher<string>({
    limits: { maxRows: 100, maxBytes: 1e6, maxDelayMs: 60_000, ...limits },
    ask(items): Joined<string> {
      let call!: Call
      const answer = new Promise<Answered>((resolve, reject) => {
        call = {
          items,
          isAborted: false,
          answer: (tokens) => resolve({ rows: items.map(rowOf), tokens }),
          fail: reject,
        }
      })
      calls.push(call)
      return {
        items,
        answer,
        abort: () => {
          call.isAborted = true
          call.fail(new Error('aborted'))
        },
        sent: true,
      }
    },
    mayBeOnes: (error) => (error as Error).message === 'refused',
  })
  const add = (...items: string[]) => batcher.add({ items, bytes: items.join('').length })
  return { calls, batcher, add }
}

const rowOf = (text: string): RowAnswer =>
  new Map([['text', { datatype: 'BYTES', shape: [], values: [new TextEncoder().encode(text)] }]])
const told = async ({ answer }: { answer: Promise<Answered> }) =>
  (await answer).rows.map((row) =>
    new TextDecoder().decode((row.get('text') as { values: readonly Uint8Array[] }).values[0]),
  )

describe('joined calls', () => {
  test('an idle model is asked at once; who comes meanwhile is asked together once it is idle again', async () => {
    const { calls, add, batcher } = model()
    const [first, second, third] = [add('a'), add('b', 'c'), add('d')]
    expect(calls.map(({ items }) => items)).toEqual([['a']])
    calls[0]?.answer()
    expect(await told(first)).toEqual(['a'])
    await Promise.resolve()
    expect(calls[1]?.items).toEqual(['b', 'c', 'd'])
    calls[1]?.answer()
    expect([await told(second), await told(third)]).toEqual([['b', 'c'], ['d']])
    await Promise.resolve()
    expect(batcher.isIdle).toBe(true)
  })

  test('never more rows or bytes than are allowed, though a model is busy', () => {
    const { calls, add } = model({ maxRows: 3, maxBytes: 10 })
    for (const items of [['a'], ['b', 'c'], ['d', 'e'], ['123456789'], ['12']]) add(...items)
    expect(calls.map(({ items }) => items)).toEqual([['a'], ['b', 'c'], ['d', 'e'], ['123456789']])
  })

  test('a batch that is refused is asked one by one; another failure is everybody’s', async () => {
    const { calls, add } = model()
    const first = add('a')
    const [good, bad] = [add('good'), add('bad')]
    calls[0]?.answer()
    await told(first)
    await Promise.resolve()
    calls[1]?.fail(new Error('refused'))
    await expect.poll(() => calls.length).toBe(4)
    calls[2]?.answer()
    calls[3]?.fail(new Error('refused'))
    expect(await told(good)).toEqual(['good'])
    await expect(bad.answer).rejects.toThrow('refused')
    const later = [add('x'), add('y'), add('z')]
    calls[4]?.answer()
    await told(later[0] as never)
    await Promise.resolve()
    calls[5]?.fail(new Error('gone'))
    await expect(later[1]?.answer).rejects.toThrow('gone')
    await expect(later[2]?.answer).rejects.toThrow('gone')
    expect(calls.length).toBe(6)
  })

  test('who leaves takes no part; a call that nobody waits for ends', async () => {
    const { calls, add } = model()
    const first = add('a')
    const [gone, kept] = [add('gone'), add('kept')]
    gone.leave()
    calls[0]?.answer()
    await told(first)
    await Promise.resolve()
    expect(calls[1]?.items).toEqual(['kept'])
    expect(calls[1]?.isAborted).toBe(false)
    kept.leave()
    expect(calls[1]?.isAborted).toBe(true)
  })

  test('what was counted of all is shared out by size, to the last token', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 20 }),
        (whole, weights) => {
          const shares = shareOut(whole, weights) ?? []
          expect(shares.reduce((sum, share) => sum + share, 0)).toBe(whole)
          expect(shares.every((share) => Number.isInteger(share) && share >= 0)).toBe(true)
        },
      ),
    )
    expect(shareOut(undefined, [1])).toBeUndefined()
    expect(shareOut(10, [1, 4])).toEqual([2, 8])
  })
})
