import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PolicyFile } from '../../src/policy/parse-policy.ts'
import { PolicySource, type Reload } from '../../src/policy/policy-source.ts'
import { sha256 } from './support.ts'

const BROKEN = [
  'limit: 1',
  '[',
  'budgets: [{ per: day, limit: 1 }]',
  'workflow: w0',
  'route: [{ to: nowhere }]',
]

describe('PolicySource', () => {
  test('always serves the last set that was sound, whatever is saved in between', () => {
    const sound = fc.nat(9).map((retries) => ({ broken: false, text: `limits: { retries: ${retries} }` }))
    const broken = fc.constantFrom(...BROKEN).map((text) => ({ broken: true, text }))
    const save = fc.array(fc.oneof({ weight: 3, arbitrary: sound }, { weight: 1, arbitrary: broken }), {
      maxLength: 4,
    })
    fc.assert(
      fc.property(fc.array(save, { maxLength: 12 }), (saves) => {
        const source = new PolicySource(sha256)
        let expected = source.current()
        for (const files of saves) {
          // `w0` is already the first file's workflow, so that file alone may say so.
          const given = [
            { path: 'w0.yaml', text: '' },
            ...files.map(({ text }, index) => ({ path: `w${index + 1}.yaml`, text })),
          ]
          const earlier = source.current()
          const { served, problems } = source.reload(given)
          const isBroken = files.some((file) => file.broken)
          expect(served).toBe(!isBroken)
          expect(problems.some((problem) => problem.severity === 'error')).toBe(isBroken)
          expect(source.problems()).toBe(problems)
          if (isBroken) expect(source.current()).toBe(earlier)
          else expected = source.current()
          expect(source.current()).toBe(expected)
          if (!isBroken)
            expect(expected.inOrder.map((policy) => policy.source)).toEqual(given.map((file) => file.path))
        }
      }),
      { numRuns: 60 },
    )
  })

  test('a request keeps the policy it resolved', () => {
    const source = new PolicySource(sha256)
    source.reload([{ path: 'default.yaml', text: 'limits: { retries: 1 }' }])
    const held = source.current().default
    source.reload([{ path: 'default.yaml', text: 'limits: { retries: 9 }' }])
    expect([held.limits.retries, source.current().default.limits.retries]).toEqual([1, 9])
  })

  test('follow: reads one at a time and never lets an older read win', async () => {
    const reads: ((files: PolicyFile[]) => void)[] = []
    let change = (): void => undefined
    const files = {
      read: () => new Promise<PolicyFile[]>((resolve) => reads.push(resolve)),
      onChange: (changed: () => void) => {
        change = changed
        return () => undefined
      },
    }
    const source = new PolicySource(sha256)
    const reloads: Reload[] = []
    const followed = source.follow(files, (reload) => reloads.push(reload))
    change()
    change()
    expect(reads.length).toBe(1)
    reads[0]?.([{ path: 'default.yaml', text: 'limits: { retries: 1 }' }])
    await new Promise((resolve) => setImmediate(resolve))
    expect([reads.length, source.current().default.limits.retries]).toEqual([2, 1])
    reads[1]?.([{ path: 'default.yaml', text: 'limits: { retries: 2 }' }])
    await followed
    expect([reads.length, reloads.length, source.current().default.limits.retries]).toEqual([2, 2, 2])
  })

  test('follow: files that cannot be read leave the policies serving and are a problem', async () => {
    const source = new PolicySource(sha256)
    source.reload([{ path: 'default.yaml', text: 'limits: { retries: 7 }' }])
    const reloads: Reload[] = []
    await source.follow(
      { read: () => Promise.reject(new Error('The folder is gone.')), onChange: () => () => undefined },
      (reload) => reloads.push(reload),
    )
    expect(source.current().default.limits.retries).toBe(7)
    expect(reloads).toMatchObject([
      { served: false, problems: [{ severity: 'error', message: 'The folder is gone.' }] },
    ])
  })
})
