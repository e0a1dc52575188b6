import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RepriceOptions, type RepriceParts, repriceCommand } from '../../src/commands/reprice.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

const NOW = Date.UTC(2026, 10, 25, 12)
const LINE = { provider: 'openai', model: 'gpt-5.5', attempts: 3, changed: 2, unknown: 1 }

describe('repriceCommand', () => {
  it('tells what changed by model, and what keeps its price', async () => {
    const lines = [
      { ...LINE, beforeNanoUsd: 1_000_000, afterNanoUsd: 2_000_000 },
      { ...LINE, model: 'big', unknown: 0, beforeNanoUsd: 0, afterNanoUsd: 5_000_000 },
    ]
    const { code, out } = await run({ since: '7d' }, () => lines)
    expect(code).toBe(0)
    expect(out.join('\n')).toMatch(
      /openai\/big +3 +2 +\$0 +\$0\.00500\nopenai\/gpt-5\.5 +3 +2 +\$0\.00100 +\$0\.00200/,
    )
    expect(out.join('\n')).toMatch(/total +6 +4 +\$0\.00100 +\$0\.00700/)
    expect(out.at(-1)).toBe('What 1 of them cost is kept, because no price is known for them today.')
    expect((await run({ since: '7d' }, () => [])).out).toEqual([
      'No attempt of that time has tokens to price.',
    ])
  })

  it('asks for the span that is meant, and refuses one that is none: 1', async () => {
    const spans: unknown[] = []
    await run({ since: '7d', until: '24h' }, (span) => {
      spans.push(span)
      return []
    })
    expect(spans).toEqual([{ since: NOW - 7 * 86_400_000, until: NOW - 86_400_000 }])
    const { code, errors } = await run({ since: 'soon', until: 'late' }, () => [])
    expect([code, errors.length]).toEqual([1, 2])
  })
})

describe('trimtab prices reprice', () => {
  let mock: MockProvider
  let trimtab: Trimtab
  const config = (input: number) =>
    `providers: { openai: { base_url: "${mock.url}", api_key: k } }\nprices: { overrides: { openai/m: { input: ${input}, output: 0 } } }\n`

  beforeAll(async () => {
    mock = await startMockProvider()
    trimtab = await startTrimtab({ config: config(1) })
  })
  afterAll(async () => {
    await trimtab.stop()
    await mock.close()
  })

  it('prices again what a running trimtab has recorded, and its report shows it', async () => {
    const answer = await fetch(`${trimtab.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openai/m', messages: [{ role: 'user', content: 'hi' }] }),
    })
    expect(answer.status).toBe(200)
    const before = await cost()
    expect(before).toBeGreaterThan(0)
    writeFileSync(trimtab.configFile, config(3))
    const result = await trimtab.json('prices', 'reprice', '--since', '1h', '--json')
    expect(result).toMatchObject({
      rows: [{ model: 'openai/m', attempts: 1, changed: 1, unknown: 0, before_usd: before }],
      totals: { attempts: 1, changed: 1 },
    })
    expect(await cost()).toBeCloseTo(3 * before, 12)
    const again = await trimtab.json('prices', 'reprice', '--since', '1h', '--json')
    expect(again).toMatchObject({ totals: { attempts: 1, changed: 0 } })
  })

  async function cost(): Promise<number> {
    const { totals } = (await trimtab.json('report', '--json')) as { totals: { cost_usd: number } }
    return totals.cost_usd
  }
})

async function run(options: RepriceOptions, reprice: RepriceParts['reprice']) {
  const out: string[] = []
  const errors: string[] = []
  const code = await repriceCommand(
    options,
    { now: NOW, reprice },
    { out: (line) => void out.push(line), error: (line) => void errors.push(line) },
  )
  return { code, out, errors }
}
