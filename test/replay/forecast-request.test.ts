/** What a request would come to elsewhere: by what was measured of targets, and by what happened to the request itself. */
import { tmpdir } from 'node:os'
import { beforeAll, describe, expect, it } from 'vitest'
import { commandCatalog } from '../../src/cli/command-catalog.ts'
import { parseConfig } from '../../src/config.ts'
import type { RecordedAttempt, RecordedRequest } from '../../src/metering/recorded-request.ts'
import { noTokens, TOKEN_BUCKETS, type Tokens } from '../../src/metering/tokens.ts'
import { forecastRequest, outcomeOf } from '../../src/replay/forecast-request.ts'
import { Measured } from '../../src/replay/measured.ts'
import { NOON, requestSettled } from '../storage/ledger-rows.ts'

const CONFIG = `
data: ${tmpdir()}/trimtab-none
providers: { p: { base_url: "http://127.0.0.1:9/v1", api_key: k } }
prices: { overrides: { p/small: { input: 1, output: 1 }, p/large: { input: 10, output: 10 } } }
`
type Model = 'small' | 'large' | 'unpriced'

let catalog: Awaited<ReturnType<typeof commandCatalog>>
let number = 0

beforeAll(async () => {
  const parsed = parseConfig({ file: { path: 'trimtab.yaml', text: CONFIG }, environment: {}, flags: {} })
  if (parsed.kind === 'refused') throw new Error('the configuration is refused')
  catalog = await commandCatalog(parsed.config, {})
})

function attempt(model: Model, outcome: 'answered' | 'failed', output = 100): RecordedAttempt {
  const isAnswered = outcome === 'answered'
  const tokens: Tokens = isAnswered ? { ...noTokens(), input: 50, output } : noTokens()
  const nanoUsd = { small: 1000, large: 10_000, unpriced: 0 }[model]
  return {
    provider: 'p',
    model,
    tier: model,
    outcome,
    estimatedInputTokens: 50,
    tokens: TOKEN_BUCKETS.map((bucket) => tokens[bucket]),
    costNanoUsd: isAnswered ? (50 + output) * nanoUsd : 0,
    totalMs: isAnswered ? 300 : 40,
  }
}

function recorded(...attempts: RecordedAttempt[]): RecordedRequest {
  const { decision } = requestSettled('req')
  const candidates = attempts.map(({ model }) => ({ target: `p/${model}`, tier: model }))
  return {
    id: `req_${number++}`,
    at: NOON,
    workflow: 'w',
    keyName: undefined,
    user: undefined,
    session: undefined,
    tags: {},
    endpoint: 'chat/completions',
    modelAsked: 'auto',
    tier: attempts.at(-1)?.tier,
    failed: attempts.at(-1)?.outcome !== 'answered',
    cache: 'miss',
    totalMs: attempts.reduce((sum, { totalMs = 0 }) => sum + totalMs, 5),
    decision: { ...decision, facts: { tools: false }, candidates },
    attempts,
  }
}

/** `small` fails one time in five and writes half of what `large` does. */
function measured(): Measured {
  const known = new Measured()
  for (let index = 0; index < 100; index++) {
    if (index % 5 === 0) known.add(recorded(attempt('small', 'failed'), attempt('large', 'answered')))
    else known.add(recorded(attempt('small', 'answered', 50)))
  }
  return known
}

function forecast(request: RecordedRequest, models: readonly Model[], maxTokens?: number) {
  const targets = models.map((model) => {
    const found = catalog.registry.lookup(`p/${model}`)
    if (found === undefined) throw new Error(`${model} leads nowhere`)
    return { ...found, name: `p/${model}`, tier: model }
  })
  const again = { kind: 'decided' as const, workflow: 'w', targets, maxTokens, unknown: [] }
  return forecastRequest(request, again, { measured: measured(), pricer: catalog.pricer })
}

describe('forecastRequest', () => {
  it('is what happened, where the request goes as it went', () => {
    const request = recorded(attempt('small', 'failed'), attempt('large', 'answered'))
    expect(forecast(request, ['small', 'large'])).toMatchObject({ ...outcomeOf(request), changed: false })
  })

  it('elsewhere: the own length times the ratio of the two, and the next target by the chance of a failure', () => {
    const { changed, costNanoUsd, answers, failed, totalMs } = forecast(
      recorded(attempt('large', 'answered')),
      ['small', 'large'],
    )
    // Four in five by the small one: 50 tokens in, 100 × 0.5 out. Else as it was: 150 tokens at the large one.
    expect(changed).toBe(true)
    expect(costNanoUsd).toBeCloseTo(0.8 * 100 * 1000 + 0.2 * 150 * 10_000, 4)
    expect(answers.map(({ target, chance }) => [target, Number(chance.toFixed(6))])).toEqual([
      ['p/small', 0.8],
      ['p/large', 0.2],
    ])
    expect(failed).toBe(0)
    expect(totalMs).toBeCloseTo(5 + 0.2 * 40 + 0.8 * 300 + 0.2 * 300, 6)
  })

  it('what a target really did to this request stands, wherever it comes in the order', () => {
    const request = recorded(attempt('small', 'failed'), attempt('large', 'answered', 80))
    expect(forecast(request, ['large'])).toMatchObject({ costNanoUsd: 130 * 10_000, failed: 0, totalMs: 305 })
    expect(forecast(request, ['small'])).toMatchObject({ costNanoUsd: 0, failed: 1, answers: [] })
  })

  it('a bound of length cuts what was longer, and nothing else', () => {
    const request = recorded(attempt('large', 'answered', 90))
    expect(forecast(request, ['large'], 90)).toMatchObject({ changed: false, costNanoUsd: 140 * 10_000 })
    const cut = forecast(request, ['large'], 40)
    expect(cut.changed).toBe(true)
    expect(cut.costNanoUsd).toBeCloseTo(90 * 10_000, 4)
  })

  it('a price that nobody knows is no cost of 0, and a target that was never seen has no latency', () => {
    expect(forecast(recorded(attempt('large', 'answered')), ['unpriced'])).toMatchObject({
      costNanoUsd: undefined,
      totalMs: undefined,
      unmeasured: ['p/unpriced'],
    })
  })
})
