/** What `check` says of learning: what comes to nothing, and what bounds little. */
import { expect, test } from 'vitest'
import { parsePolicy } from '../../src/policy/parse-policy.ts'

const TIERS = 'tiers: { small: { use: a/s }, large: { use: a/l } }\n'
const parse = (text: string) => parsePolicy({ path: 'p/faq.yaml', text }, () => 'd'.repeat(64))

function learnOf(text: string) {
  const parsed = parse(text)
  return 'policy' in parsed ? parsed.policy.route.learn : parsed.problems
}

function warningsOf(text: string): string[] {
  const parsed = parse(text)
  const found = 'warnings' in parsed ? parsed.warnings : parsed.problems
  return found.map(({ line, message }) => `${line}: ${message}`)
}

test.each([
  ['learn: on', { share: 0.05, judge: undefined, maxQualityLoss: 0.02 }],
  [
    'learn: { share: 10%, judge: a/j }, max_quality_loss: 1%',
    { share: 0.1, judge: 'a/j', maxQualityLoss: 0.01 },
  ],
  ['learn: {}', { share: 0.05, judge: undefined, maxQualityLoss: 0.02 }],
  ['learn: off', undefined],
])('%s', (route, expected) => {
  expect(learnOf(`${TIERS}route: { mode: on, ${route} }`)).toEqual(expected)
})

test('a policy that learns as it may has nothing to be told', () => {
  expect(warningsOf(`${TIERS}route: { mode: on, learn: on, rules: [{ to: [small, large] }] }`)).toEqual([])
  expect(warningsOf(`${TIERS}route: { mode: on, learn: on }`)).toEqual([])
})

test.each([
  [
    `${TIERS}route: { mode: on, learn: on, rules: [{ to: large }] }`,
    '2: `route.learn` has nothing to choose from: no rule leads `to` two tiers with models, such as `[small, large]`.',
  ],
  [
    'tiers: { large: { use: a/l } }\nroute: { mode: on, learn: on }',
    '2: `route.learn` has nothing to choose from: the policy needs two tiers with models.',
  ],
  [
    `${TIERS}route: { mode: on, max_quality_loss: 2%, rules: [{ to: [small, large] }] }`,
    '2: `route.max_quality_loss` bounds what is learned: write `learn: on` too.',
  ],
  [
    `${TIERS}route: { mode: on, learn: on, max_quality_loss: 20% }`,
    '2: `route.max_quality_loss` lets 20% of requests be answered otherwise than the large tier would: state 10% at most.',
  ],
])('%s', (text, expected) => {
  expect(warningsOf(text)).toEqual([expected])
})

test('a judge is confirmed as any model that a policy names', () => {
  const parsed = parse(`${TIERS}route: { mode: on, learn: { judge: a/j } }`)
  expect('models' in parsed && parsed.models.map(({ name }) => name)).toContain('a/j')
})

test('what is neither on, off nor a mapping is refused in one sentence', () => {
  expect(warningsOf(`${TIERS}route: { mode: on, learn: maybe }`)).toEqual([
    expect.stringContaining('`route.learn` must be'),
  ])
})
