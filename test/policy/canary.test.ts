import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { followCanary } from '../../src/policy/canary.ts'
import { readPolicies } from '../../src/policy/policy-set.ts'
import { resolveWorkflow } from '../../src/policy/resolve-workflow.ts'
import { stableShare } from '../../src/policy/stable-share.ts'
import { policySet, sha256 } from './support.ts'

const next = { 'next.yaml': 'workflow: next\nlimits: { retries: 0 }' }

function problemsOf(files: Record<string, string>): string[] {
  const given = Object.entries(files).map(([path, text]) => ({ path, text }))
  return readPolicies(given, sha256).problems.map(
    ({ file, line, column, severity, message }) => `${file}:${line}:${column} ${severity} ${message}`,
  )
}

function resolved(files: Record<string, string>, workflow: string) {
  const policies = policySet(files)
  const asked = { header: workflow, model: 'm', keyName: undefined, allowedWorkflows: undefined }
  return {
    policies,
    found: resolveWorkflow(policies, { ...asked, tags: {}, metadata: {}, client: undefined }),
  }
}

describe('a canary', () => {
  test('takes its share of units, and the rest stays', () => {
    const { policies, found } = resolved({ 'a.yaml': 'canary: { policy: next, share: 5% }', ...next }, 'a')
    const followed = Array.from({ length: 20_000 }, (_, unit) =>
      followCanary(policies, found, `session ${unit}`),
    ).filter(({ policy }) => policy.workflow === 'next')
    // Three standard deviations around 1,000.
    expect(Math.abs(followed.length - 1000)).toBeLessThan(93)
    expect(new Set(followed.map(({ workflow }) => workflow))).toEqual(new Set(['a']))
  })

  test('a unit always follows the same policy', () => {
    const { policies, found } = resolved({ 'a.yaml': 'canary: { policy: next, share: 40% }', ...next }, 'a')
    fc.assert(
      fc.property(fc.string(), (unit) => {
        const once = followCanary(policies, found, unit).policy.workflow
        expect(followCanary(policies, found, unit).policy.workflow).toBe(once)
      }),
    )
  })

  test.each([
    ['0%', 'a'],
    ['100%', 'next'],
  ])('of %s decides all or nothing', (share, policy) => {
    const text = `canary: { policy: next, share: ${share} }`
    const { policies, found } = resolved({ 'a.yaml': text, ...next }, 'a')
    for (let unit = 0; unit < 500; unit++) {
      expect(followCanary(policies, found, String(unit)).policy.workflow).toBe(policy)
    }
  })

  test("keeps its workflow's budgets", () => {
    const budgets = 'budgets: [{ per: day, limit: 1 usd }]'
    const { policies, found } = resolved(
      { 'a.yaml': `canary: { policy: next, share: 100% }\n${budgets}`, ...next },
      'a',
    )
    const { policy } = followCanary(policies, found, 'any')
    expect(policy).toMatchObject({ workflow: 'next', limits: { retries: 0 }, budgets: found.policy.budgets })
    expect(policy.budgets).toHaveLength(1)
  })

  test('of an unknown policy, of itself, or of one that has a canary, is an error at its place', () => {
    expect(problemsOf({ 'a.yaml': 'canary: { policy: nxt, share: 5% }', ...next })).toEqual([
      'a.yaml:1:19 error There is no policy `nxt`; did you mean `next`?',
    ])
    expect(problemsOf({ 'a.yaml': 'canary: { policy: a, share: 5% }' })).toEqual([
      'a.yaml:1:19 error The canary of `a` is itself; name another policy.',
    ])
    expect(
      problemsOf({
        'a.yaml': 'canary: { policy: b, share: 5% }',
        'b.yaml': 'canary: { policy: next, share: 5% }',
        ...next,
      }),
    ).toEqual(['a.yaml:1:19 error The canary `b` has a canary of its own; take `canary` out of b.yaml.'])
    expect(problemsOf({ 'a.yaml': 'canary: { policy: next, share: 101% }', ...next })).toEqual([
      'a.yaml:1:32 error `canary.share` must be a percentage from 0% to 100%, such as `2%`, not `101%`.',
    ])
  })
})

test('stableShare: evenly from 0 to 1, also of texts that differ in their last character alone', () => {
  const counts = new Array<number>(20).fill(0)
  for (let number = 0; number < 40_000; number++) {
    const place = Math.floor(20 * stableShare(`req_${number}`))
    counts[place] = (counts[place] ?? 0) + 1
  }
  // Chi-squared of 19 degrees of freedom passes 43.8 once in a thousand.
  expect(counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(43.8)
})
