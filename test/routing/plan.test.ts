import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../src/errors.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { type Plan, type PlanPorts, planFor, type RoutePolicy } from '../../src/routing/plan.ts'
import type { Rule, Tier } from '../../src/routing/rule.ts'
import { weightedOrder } from '../../src/routing/weighted-order.ts'
import { factsOf, HELLO } from './support.ts'

const PROVIDERS = ['openai', 'gpu', 'claude']

const PORTS: PlanPorts = {
  lookup(name) {
    const slash = name.indexOf('/')
    if (name === 'fast') return { provider: provider('openai'), model: 'gpt-5.5-mini' }
    if (name.startsWith('gpt-')) return { provider: provider('openai'), model: name }
    if (!PROVIDERS.includes(name.slice(0, slash))) return undefined
    return { provider: provider(name.slice(0, slash)), model: name.slice(slash + 1) }
  },
  notFound: (model) => new Failure('model_not_found', `No ${model}.`),
  withoutModel: () => undefined,
  random: () => 0,
}

const TIERS: Record<string, Partial<Tier>> = {
  small: { use: [{ model: 'gpu/qwen3-4b', weight: 1 }] },
  large: {
    use: [
      { model: 'openai/gpt-5.5', weight: 1 },
      { model: 'claude/sonnet', weight: 3 },
    ],
  },
}

const RULES: Rule[] = [
  { name: 'short', when: { tokens: { below: 100 } }, to: ['small', 'large'], maxTokens: 300 },
  { name: 'tools', when: { tools: true }, to: ['large'] },
]

const LONG = { model: 'gpt-5.5', messages: [{ role: 'user', content: 'x'.repeat(1000) }] }

describe('planFor: where a request goes', () => {
  test('without tiers and rules: where the caller asked', () => {
    expect(shape(plan(policy({ tiers: {}, rules: [] })))).toEqual(['openai/gpt-5.5'])
  })

  test('a rule that acts: its tiers in order, each with its targets in order', () => {
    const made = plan(policy())
    expect(shape(made)).toEqual(['small: gpu/qwen3-4b', 'large: openai/gpt-5.5 claude/sonnet'])
    expect(made).toMatchObject({ rule: 'short', maxTokens: 300, reasons: [], facts: { model: 'gpt-5.5' } })
  })

  test('no rule that matches: where the caller asked, under the bound of the policy', () => {
    const made = plan(policy(), LONG)
    expect(shape(made)).toEqual(['openai/gpt-5.5'])
    expect(made).toMatchObject({ rule: undefined, maxTokens: 800 })
  })

  test('in shadow: where the caller asked, and what the rule would have done is recorded', () => {
    const made = plan(policy({ mode: 'shadow' }))
    expect(shape(made)).toEqual(['openai/gpt-5.5'])
    expect(made).toMatchObject({
      rule: undefined,
      maxTokens: 800,
      reasons: ['Rule short would ask small, large, but the route is in shadow.'],
      shadow: { tier: 'small', target: { model: 'qwen3-4b' } },
    })
    expect(plan(policy()).shadow).toBeUndefined()
    expect(plan(policy({ mode: 'shadow' }), LONG).shadow).toBeUndefined()
  })

  test('in shadow: what leads nowhere, and documents, are no place to go', () => {
    const papers = { documents: { collection: 'faq', mode: 'compose' as const, minConfidence: undefined } }
    const tiers = { papers: { ...use('gpu/qwen3-4b'), ...papers }, odd: use('nowhere/x'), ...TIERS }
    const rules = [{ name: 'all', when: {}, to: ['papers', 'odd', 'large'] }]
    const made = plan(policy({ mode: 'shadow', tiers, rules }))
    expect(made.shadow).toMatchObject({ tier: 'large', target: { model: 'gpt-5.5' } })
    expect(made.tierTargets).toHaveLength(1)
  })

  test('in shadow, asked by name: the rule acts', () => {
    const made = plan(policy({ mode: 'shadow' }), { ...HELLO, model: 'auto' }, true)
    expect(made.rule).toBe('short')
    expect(shape(made)).toEqual(['small: gpu/qwen3-4b', 'large: openai/gpt-5.5 claude/sonnet'])
  })

  test('asked by name, without rules or with none that matches: tiers in the order of the file', () => {
    const tiers = ['small: gpu/qwen3-4b', 'large: openai/gpt-5.5 claude/sonnet']
    expect(shape(plan(policy({ rules: [] }), { ...HELLO, model: 'auto' }, true))).toEqual(tiers)
    expect(shape(plan(policy(), { ...LONG, model: 'auto' }, true))).toEqual(tiers)
  })
})

describe('planFor: targets', () => {
  test.each([
    ['gpt-5.5', 'gpu/gpt-5.5'],
    ['claude/sonnet', 'gpu/sonnet'],
    ['fast', 'gpu/gpt-5.5-mini'],
    ['unheard-of', 'gpu/unheard-of'],
  ])('provider/* keeps the model %s that was asked for', (model, expected) => {
    const made = plan(
      policy({ tiers: { desk: use('gpu/*') }, rules: [{ name: 'all', when: {}, to: ['desk'] }] }),
      { ...HELLO, model },
    )
    expect(shape(made)).toEqual([`desk: ${expected}`])
  })

  test('what leads nowhere is passed over and recorded', () => {
    const tiers = { docs: {}, odd: use('nowhere/x'), small: TIERS.small ?? {} }
    const made = plan(policy({ tiers, rules: [{ name: 'all', when: {}, to: ['docs', 'odd', 'small'] }] }))
    expect(shape(made)).toEqual(['small: gpu/qwen3-4b'])
    expect(made.reasons).toEqual([
      'Tier docs has no model to ask and is passed over.',
      'nowhere/x of tier odd leads to no provider.',
      'Tier odd has no model to ask and is passed over.',
    ])
  })

  test('a rule of which no tier can be asked leaves the request where it was going', () => {
    const made = plan(policy({ tiers: { docs: {} }, rules: [{ name: 'all', when: {}, to: ['docs'] }] }))
    expect(shape(made)).toEqual(['openai/gpt-5.5'])
  })

  test('weighted: by chance, each target once', () => {
    const tiers = { large: { ...TIERS.large, strategy: 'weighted' as const } }
    const rules = [{ name: 'all', when: {}, to: ['large'] }]
    const order = (value: number) =>
      shape(plan(policy({ tiers, rules }), HELLO, false, { ...PORTS, random: () => value }))
    expect(order(0.24)).toEqual(['large: openai/gpt-5.5 claude/sonnet'])
    expect(order(0.26)).toEqual(['large: claude/sonnet openai/gpt-5.5'])
  })
})

describe('planFor: refusals', () => {
  test('auto without tiers', () => {
    expect(
      refused(() => plan(policy({ tiers: {}, rules: [] }), { ...HELLO, model: 'auto' }, true)),
    ).toMatchObject({
      code: 'invalid_request',
      param: 'model',
      message: 'The workflow `support` has no tiers to choose a model from; name a model instead.',
    })
  })

  test('asked by name, and no tier can be asked', () => {
    const failure = refused(() => plan(policy({ tiers: { desk: use('gpu/*') }, rules: [] }), HELLO, true))
    expect(failure.code).toBe('invalid_request')
    expect(failure.message).toContain('Tier desk has no model to ask')
  })

  test('a model that leads nowhere', () => {
    expect(refused(() => plan(policy({ rules: [] }), { ...HELLO, model: 'nope' })).code).toBe(
      'model_not_found',
    )
  })
})

describe('weightedOrder', () => {
  const items = fc.array(fc.record({ weight: fc.double({ min: 1e-6, max: 1e6, noNaN: true }) }), {
    maxLength: 6,
  })

  test('holds every item once, whatever chance says', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(items, chance, (given, value) => {
        const order = weightedOrder(given, () => value)
        expect(new Set(order)).toEqual(new Set(given))
        expect(order.length).toBe(given.length)
      }),
    )
  })

  test('puts an item first in proportion to its weight', () => {
    const given = [{ weight: 1 }, { weight: 2 }, { weight: 5 }]
    const firsts = given.map(() => 0)
    for (let step = 0; step < 8000; step++) {
      const [first] = weightedOrder(given, () => (step + 0.5) / 8000)
      const place = first === undefined ? -1 : given.indexOf(first)
      firsts[place] = (firsts[place] ?? 0) + 1
    }
    expect(firsts).toEqual([1000, 2000, 5000])
  })
})

function policy(
  given: { mode?: 'on' | 'shadow'; tiers?: Record<string, Partial<Tier>>; rules?: readonly Rule[] } = {},
): RoutePolicy {
  const tiers = Object.entries(given.tiers ?? TIERS).map(
    ([name, tier]) => [name, { name, use: [], strategy: 'priority', ...tier }] as const,
  )
  return {
    workflow: 'support',
    tiers: new Map(tiers),
    route: { mode: given.mode ?? 'on', rules: given.rules ?? RULES },
    output: { maxTokens: 800 },
  }
}

function plan(
  of: RoutePolicy,
  body: Record<string, unknown> = HELLO,
  askedByName = false,
  ports = PORTS,
): Plan {
  return planFor(of, factsOf(body), askedByName, ports)
}

function shape(made: Plan): string[] {
  return made.tierTargets.map(({ tier, targets }) => {
    const names = targets.map((target) => `${target.provider.name}/${target.model}`).join(' ')
    return tier === undefined ? names : `${tier}: ${names}`
  })
}

function use(model: string): Partial<Tier> {
  return { use: [{ model, weight: 1 }] }
}

/** Planning reads nothing of a provider but passes it on. */
function provider(name: string): Provider {
  return { name } as Provider
}

function refused(act: () => unknown): Failure {
  try {
    act()
  } catch (error) {
    if (error instanceof Failure) return error
  }
  throw new Error('was not refused')
}
