/** Edits of routes that the ledger speaks for, on rows in a real ledger. */
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { commandCatalog } from '../../src/cli/command-catalog.ts'
import { routeAdvice } from '../../src/commands/route-advice.ts'
import { parseConfig } from '../../src/config.ts'
import { requestId } from '../../src/metering/request-id.ts'
import { noTokens } from '../../src/metering/tokens.ts'
import { recordedTraffic } from '../../src/storage/recorded-traffic.ts'
import { sha256 } from '../policy/support.ts'
import {
  attempt,
  attemptSettled,
  ledgerInParts,
  NOON,
  request,
  requestSettled,
} from '../storage/ledger-rows.ts'
import { seeded } from '../support/seeded.ts'

const CONFIG = `
data: ${tmpdir()}/trimtab-none
providers: { p: { base_url: "http://127.0.0.1:9/v1", api_key: k } }
prices: { overrides: { p/small: { input: 1, output: 1 }, p/large: { input: 10, output: 10 } } }
`
const POLICY = `workflow: support
tiers: { small: { use: p/small }, large: { use: p/large } }
route:
  - name: easy
    when: { difficulty: { below: 0.3 } } # careful
    to: [small, large]
  - { name: rest, to: large }
`
const NANO_USD = { small: 1000, large: 10_000 }
type Model = keyof typeof NANO_USD

let ledger: Awaited<ReturnType<typeof ledgerInParts>>

beforeEach(async () => {
  ledger = await ledgerInParts()
})

afterEach(() => ledger.remove())

/** One request of that difficulty under POLICY; `handsOn`: the small model's answer is paid for and does not do. */
function record(number: number, difficulty: number, handsOn: boolean): void {
  const id = requestId(NOON + number, () => 0.5)
  const isEasy = difficulty < 0.3
  const order: Model[] = isEasy ? ['small', 'large'] : ['large']
  const tried = isEasy && !handsOn ? order.slice(0, 1) : order
  ledger.statements.commit(
    [
      ...tried.flatMap((model, ordinal) => {
        const row = attempt(id, { ordinal, provider: 'p', model, tier: model, estimatedInputTokens: 100 })
        const settled = attemptSettled(id, {
          ordinal,
          outcome: ordinal < tried.length - 1 ? 'failed' : 'answered',
          tokens: { ...noTokens(), input: 100, output: 100 },
          costNanoUsd: 200 * NANO_USD[model],
        })
        return [
          ordinal === 0
            ? ({ kind: 'request', request: request(id, { at: NOON + number }), attempt: row } as const)
            : ({ kind: 'attempt', attempt: row } as const),
          { kind: 'attempt_settled', settled } as const,
        ]
      }),
      {
        kind: 'request_settled',
        settled: requestSettled(id, {
          tier: tried.at(-1),
          decision: {
            ...requestSettled(id).decision,
            policy: { workflow: 'support', digest: 'another', by: 'header' },
            facts: { endpoint: 'chat/completions', tools: false, model: 'auto', tokens: 100, difficulty },
            candidates: order.map((model) => ({ target: `p/${model}`, tier: model })),
          },
        }),
      },
    ],
    NOON,
  )
}

async function advised(handedOn: number) {
  const random = seeded(5)
  for (let number = 0; number < 400; number++) record(number, random(), random() < handedOn)
  const parsed = parseConfig({ file: { path: 'trimtab.yaml', text: CONFIG }, environment: {}, flags: {} })
  if (parsed.kind === 'refused') throw new Error('the configuration is refused')
  const { registry, pricer } = await commandCatalog(parsed.config, {})
  return routeAdvice({
    files: [{ path: 'support.yaml', text: POLICY }],
    digestOf: sha256,
    months: 0.5,
    traffic: recordedTraffic(ledger.reading, { since: NOON - 1, until: NOON + 1000 }),
    registry,
    pricer,
  })
}

describe('routeAdvice', () => {
  it('proposes the threshold that saves most, to be tried, because nothing tells how good answers would be', async () => {
    const proposals = await advised(0)
    expect(proposals).toHaveLength(1)
    const [proposal] = proposals
    expect(proposal).toMatchObject({
      workflow: 'support',
      file: 'support.yaml',
      key: 'route[0].when.difficulty.below',
      from: '0.3',
      to: '0.5',
      verdict: 'try',
    })
    // A fifth of 400 requests costs a tenth of its 0.002 USD, and that twice a month; give and take two deviations.
    const saved = proposal?.forecast.saved_usd_per_month ?? 0
    expect(Math.abs(saved - 2 * 80 * 0.0018)).toBeLessThan(2 * 16 * 0.0018)
    const [low, high] = proposal?.forecast.saved_usd_per_month_interval ?? [0, 0]
    expect(low < saved && saved < high && low > 0).toBe(true)
  })

  it('leaves out a first tier that mostly hands on', async () => {
    const proposals = await advised(0.97)
    const narrower = proposals.find(({ key }) => key === 'route[0].to')
    expect(narrower).toMatchObject({ from: '[small, large]', to: '[large]', verdict: 'turn on' })
    expect(narrower?.edit).toEqual({ path: ['route', 0, 'to'], value: ['large'] })
    // To hand more on to it would cost more: no higher threshold is proposed.
    const threshold = proposals.find(({ key }) => key.endsWith('below'))
    expect(Number(threshold?.to ?? 0)).toBeLessThan(0.3)
  })
})
