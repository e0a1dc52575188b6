/** A recorded request is decided again as a server that has those policies decides it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RecordedRequest } from '../../src/metering/recorded-request.ts'
import { forecastRequest } from '../../src/replay/forecast-request.ts'
import { Measured } from '../../src/replay/measured.ts'
import { redecide } from '../../src/replay/redecide.ts'
import { hourClock } from '../../src/routing/hour-clock.ts'
import { policySet } from '../policy/support.ts'
import { ask } from '../support/ask.ts'
import { settledLedger } from '../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { seeded } from '../support/seeded.ts'
import { type Inside, startInside } from '../support/start-inside.ts'
import { catalogOf, recordedRequests } from './recorded.ts'

const UNRULED = { 'default.yaml': 'workflow: default' }
const RULED = {
  'default.yaml': `
tiers: { small: { use: mock/s }, large: { use: [mock/l, mock/m] } }
route:
  - { name: images, when: { has: image }, to: large }
  - { name: tools, when: { tools: on }, to: [large, small] }
  - { name: tagged, when: { tags: { feature: "dra*" } }, to: [small, large] }
  - { name: night, when: { hour: { from: 0, to: 24, time_zone: UTC }, tokens: { above: 200 } }, to: large }
  - { name: messages, when: { endpoint: messages }, to: small, output: { max_tokens: 9 } }
  - { name: named, when: { model: "m*" }, to: small }
`,
  'labelled.yaml': 'workflow: labelled\ntiers: { small: { use: mock/s } }\nroute: [{ to: small }]',
  'matched.yaml':
    'workflow: matched\nmatch: { tags: { team: blue } }\ntiers: { large: { use: mock/l } }\nroute: [{ to: large }]\ncanary: { policy: next, share: 50% }',
  'next.yaml': 'workflow: next\ntiers: { small: { use: mock/s } }\nroute: [{ to: small }]',
}

let mock: MockProvider
const inside: Inside[] = []

beforeAll(async () => {
  mock = await startMockProvider()
})

afterAll(async () => {
  for (const one of inside) await one.stop()
  await mock.close()
})

const config = () => `
default_provider: mock
providers: { mock: { base_url: "${mock.url}", models: { s: {}, m: {}, l: {} } } }
prices: { overrides: { mock/s: { input: 1, output: 2 } } }
`

/** Chat and messages, short and long, with whatever a rule may ask for; the same each time. */
function traffic(): { path: string; headers: Record<string, string>; body: Record<string, unknown> }[] {
  const random = seeded(11)
  const among = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random() * values.length)] as Value
  return Array.from({ length: 80 }, (_, index) => {
    const text = `Question ${index} ${'and so on '.repeat(Math.floor(random() * 150))}`
    const image = { type: 'image_url', image_url: { url: 'https://example.org/a.png' } }
    const isMessages = random() < 0.2
    const content = !isMessages && random() < 0.2 ? [{ type: 'text', text }, image] : text
    const tool = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } }
    const tools = !isMessages && random() < 0.2 ? { tools: [tool] } : {}
    const tags = among(['', 'feature=draft', 'team=blue', 'feature=other,team=red'])
    const workflow = among(['', '', '', 'labelled', 'unheard-of'])
    return {
      path: isMessages ? '/v1/messages' : '/v1/chat/completions',
      headers: {
        ...(tags === '' ? {} : { 'x-trimtab-tags': tags }),
        ...(workflow === '' ? {} : { 'x-trimtab-workflow': workflow }),
        'x-trimtab-session': `session-${index % 9}`,
      },
      body: {
        model: among(['m', 'l', 'mock/s']),
        max_tokens: 50,
        messages: [{ role: 'user', content }],
        ...tools,
      },
    }
  })
}

async function served(policies: Record<string, string>) {
  const one = await startInside({ config: config(), policies })
  inside.push(one)
  for (const { path, headers, body } of traffic()) {
    expect((await ask(one.origin, body, { path, headers })).status).toBe(200)
  }
  await settledLedger(one.ledgerFile)
  return { one, requests: await recordedRequests(one) }
}

describe('redecide', () => {
  it('finds workflow, targets and order that a server under those policies finds, for any request', async () => {
    const before = await served(UNRULED)
    const after = await served(RULED)
    const { registry } = await catalogOf(before.one)
    const parts = {
      policies: policySet(RULED),
      registry,
      hourIn: hourClock(),
      keyWorkflows: new Map<string, readonly string[]>(),
    }
    const again = before.requests.map((request) => {
      const decided = redecide(request, parts)
      if (decided.kind !== 'decided') return decided
      const { workflow, targets, unknown } = decided
      return { workflow, unknown, targets: targets.map(({ name, tier }) => ({ target: name, tier })) }
    })
    expect(again).toEqual(
      after.requests.map(({ workflow, decision }) => ({
        workflow,
        unknown: [],
        targets: decision?.candidates.map(({ target, tier }) => ({ target, tier })),
      })),
    )
    // What was asked for has every rule decide something, lest this compares nothing.
    const rules = new Set(after.requests.map(({ decision }) => decision?.rule))
    expect([...rules].sort()).toEqual(
      ['images', 'messages', 'named', 'night', 'rule-1', 'tagged', 'tools', undefined].sort(),
    )
  })

  it('begins where learning had it begin, as long as it chooses between the same models', async () => {
    const learns = (more: string, small = 'mock/s'): Record<string, string> => ({
      'default.yaml': `tiers: { small: { use: ${small} }, large: { use: mock/l } }\n${more}\nroute: { mode: on, learn: on, rules: [{ to: [small, large] }] }`,
    })
    const { one, requests } = await served(learns(''))
    const { registry } = await catalogOf(one)
    const callers = requests.filter(({ cache }) => cache !== 'audit')
    const learned = callers.map((request, index): RecordedRequest => {
      const { decision } = request
      if (decision?.learning === undefined) throw new Error('The request was not decided by what is learned.')
      const score = index % 2 === 0 ? -1 : 1
      return { ...request, decision: { ...decision, learning: { ...decision.learning, score, cut: 0 } } }
    })
    const firsts = (policies: Record<string, string>): (string | undefined)[] =>
      learned.map((request) => {
        const parts = {
          policies: policySet(policies),
          registry,
          hourIn: hourClock(),
          keyWorkflows: new Map(),
        }
        const again = redecide(request, parts)
        return again.kind === 'decided' ? again.targets[0]?.tier : again.kind
      })
    const begun = learned.map((_, index) => (index % 2 === 0 ? 'small' : 'large'))
    expect(firsts(learns('cache: { exact: { ttl: 2h } }'))).toEqual(begun)
    expect(new Set(firsts(learns('', 'mock/m')))).toEqual(new Set(['large']))
  })

  it('takes what documents answered as it was while they are asked, and says so', async () => {
    const docs = (collection: string, more = '') => ({
      'default.yaml': `tiers: { docs: { collection: ${collection} }, small: { use: mock/s } }\nroute: [{ to: ${more === '' ? '[docs, small]' : more} }]`,
    })
    const { one, requests } = await served(docs('help'))
    const { registry } = await catalogOf(one)
    const [recorded] = requests.filter(({ workflow }) => workflow === 'default')
    if (recorded?.decision === undefined) throw new Error('Nothing was recorded.')
    const knowledge = [
      {
        tier: 'docs',
        collection: 'help',
        outcome: 'answered' as const,
        reason: 'quoted',
        passages: [],
      },
    ]
    const answered: RecordedRequest = {
      ...recorded,
      cache: 'knowledge',
      attempts: [],
      decision: { ...recorded.decision, knowledge },
    }
    const again = (policies: Record<string, string>) => {
      const known = { policies: policySet(policies), registry, hourIn: hourClock(), keyWorkflows: new Map() }
      return redecide(answered, known)
    }
    const kept = { kind: 'kept', reason: 'from documents' }
    expect(again(docs('help'))).toEqual(kept)
    expect(again(docs('help', '[docs]'))).toEqual(kept)
    for (const policies of [docs('other'), docs('help', 'small')]) {
      const without = again(policies)
      expect(without).toMatchObject({ kind: 'decided', targets: [{ name: 'mock/s' }] })
      if (without.kind !== 'decided') return
      const measured = new Measured()
      for (const request of requests) measured.add(request)
      const { pricer } = await catalogOf(one)
      const forecast = forecastRequest(answered, without, { measured, pricer })
      // The same models behind them, and yet one of them is asked now.
      expect(forecast).toMatchObject({ changed: true, answers: [{ target: 'mock/s', chance: 1 }] })
      // As long as the model's answers are.
      expect(forecast.lengths).toMatchObject([{ from: 'all' }])
      expect(forecast.costNanoUsd).toBeGreaterThan(0)
    }
  })

  it('leaves what the very same policy decided as it was, drawn by lot or not', async () => {
    const drawn = {
      'default.yaml':
        'tiers: { any: { use: [{ model: mock/s, weight: 1 }, { model: mock/l, weight: 1 }], strategy: weighted } }\nroute: [{ to: any }]',
    }
    const { one, requests } = await served(drawn)
    const { registry } = await catalogOf(one)
    const parts = { policies: policySet(drawn), registry, hourIn: hourClock(), keyWorkflows: new Map() }
    const kinds = requests.map((request) => redecide(request, parts).kind)
    expect([...new Set(kinds)]).toEqual(['same'])
    const first = new Set(requests.map(({ decision }) => decision?.candidates[0]?.target))
    expect([...first].sort()).toEqual(['mock/l', 'mock/s'])
  })
})
