/** `replay` and the advice on routes, on what a real server recorded. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RouteForecast } from '../../src/commands/advice.ts'
import { ask, chat } from '../support/ask.ts'
import { settledLedger } from '../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

const TIERS = 'tiers: { small: { use: mock/s }, large: { use: mock/l } }\n'
/** Rules that only watch; the comment must survive an edit. */
const WATCHING = `# shop
workflow: shop
${TIERS}route:
  mode: shadow   # until we know
  rules:
    - { name: short, when: { tokens: { below: 100 } }, to: [small, large] }
    - { name: rest, to: large }
cache: { exact: { mode: shadow } }
`

let mock: MockProvider
let trimtab: Trimtab
let candidate: string

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startTrimtab({
    config: `
default_provider: mock
providers: { mock: { base_url: "${mock.url}", models: { s: {}, l: {}, free: {} } } }
prices: { overrides: { mock/s: { input: 1, output: 1 }, mock/l: { input: 10, output: 10 } } }
`,
    policies: { 'shop.yaml': WATCHING },
  })
  candidate = join(trimtab.folder, 'candidate')
  mkdirSync(candidate)
  for (let number = 0; number < 40; number++) await send('shop', number, 'l')
  for (let number = 0; number < 4; number++) await send('shop', number, 'l')
  for (let number = 0; number < 3; number++) await send('other', number, 'free')
  await settledLedger(join(trimtab.dataFolder, 'ledger.db'))
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

/** Every second one is long. */
function send(workflow: string, number: number, model: string) {
  const content = `Question ${number} ${number % 2 === 0 ? '' : 'and so on '.repeat(100)}`
  const body = { ...chat(model), temperature: 0, messages: [{ role: 'user', content }] }
  return ask(trimtab.origin, body, { headers: { 'x-trimtab-workflow': workflow } })
}

function propose(text: string): void {
  writeFileSync(join(candidate, 'shop.yaml'), text)
}

const replay = (...more: string[]) => trimtab.command('replay', '--policies', candidate, ...more)

interface Told {
  requests: number
  decided: number
  changed: number
  cost_usd: { before: number; after: number; change: number; change_interval: [number, number] }
  tiers: { tier: string; before: number; after: number }[]
  most_changed: { id: string; from: string; to: string }[]
  untold: { unpriced_requests: number; facts: Record<string, number> }
}

async function told(...more: string[]): Promise<Told> {
  const { code, stdout, stderr } = await replay('--json', ...more)
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as Told
}

describe('replay', () => {
  it('under the policies that were in force, nothing changes', async () => {
    propose(`${WATCHING}# the same in other words\n`)
    const { requests, changed, cost_usd } = await told('--workflow', 'shop')
    expect({ requests, changed, change: cost_usd.change }).toEqual({ requests: 44, changed: 0, change: 0 })
    expect(cost_usd.before).toBeCloseTo(await reported(), 12)
  })

  it('tells what a route would change: tiers, cost, and which requests, by their ids', async () => {
    propose(WATCHING.replace('mode: shadow   #', 'mode: on   #'))
    const { decided, changed, tiers, most_changed, cost_usd, untold } = await told('--workflow', 'shop')
    expect({ decided, changed }).toEqual({ decided: 44, changed: 44 })
    expect(tiers).toEqual(
      expect.arrayContaining([
        { tier: '–', before: 44, after: 0 },
        { tier: 'small', before: 0, after: 22 },
        { tier: 'large', before: 0, after: 22 },
      ]),
    )
    // What moves costs a tenth: nothing was ever answered by the small one, so that lengths are taken as they were.
    expect(cost_usd.after).toBeLessThan(cost_usd.before)
    expect(cost_usd.change_interval[0]).toBeLessThan(cost_usd.change)
    expect(cost_usd.change_interval[1]).toBeGreaterThan(cost_usd.change)
    expect(most_changed[0]).toMatchObject({ from: 'mock/l', to: 'mock/s' })
    const ids = new Set(rows().map(({ id }) => id))
    expect(most_changed.every(({ id }) => ids.has(id))).toBe(true)
    expect(untold.unpriced_requests).toBe(0)
  })

  it('says what it cannot tell: unpriced models, and facts that are in no record', async () => {
    propose(
      `${TIERS}match: { clients: "curl*" }\nroute: [{ when: { difficulty: { below: 0.5 } }, to: small }]`,
    )
    const { untold } = await told()
    expect(untold.unpriced_requests).toBe(3)
    expect(untold.facts).toMatchObject({ difficulty: 44 })
    const { stdout } = await replay()
    expect(stdout).toContain('3 requests have no price')
    expect(stdout).toContain('44 of 47 requests lack difficulty')
    expect(stdout).toContain('How good the answers would be')
  })

  it('is one clear sentence where there is nothing, and where an option or a policy is wrong', async () => {
    propose(WATCHING)
    const none = await replay('--workflow', 'unheard-of')
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringMatching(/^No request of the workflow unheard-of was recorded since .*--since 30d\.\n$/),
    ])
    const since = await replay('--since', 'yesterday')
    expect([since.code, since.stderr]).toEqual([1, expect.stringContaining('--since cannot be "yesterday"')])
    propose('limits: { retries: many }')
    const broken = await replay()
    expect([broken.code, broken.stderr]).toEqual([1, expect.stringContaining('`limits.retries` must be')])
  })
})

describe('advise', () => {
  it('proposes the shadow as a diff that `patch` applies and `check` accepts, with a forecast', async () => {
    const policies = ['--policies', trimtab.policiesFolder]
    const { advice } = (await trimtab.json('advise', '--json', ...policies)) as {
      advice: { key: string; verdict: string; diff: string; forecast: RouteForecast }[]
    }
    expect(advice.map(({ key, verdict }) => `${key} ${verdict}`).sort()).toEqual([
      'cache.exact.mode turn on',
      'route.mode try',
    ])
    const route = advice.find(({ key }) => key === 'route.mode')
    expect(route?.diff).toContain('-  mode: shadow   # until we know\n+  mode: on   # until we know')
    expect(route?.forecast).toMatchObject({
      changed_share: 1,
      saved_usd_per_month_interval: expect.any(Array),
    })
    const { saved_usd_per_month: saved = 0, saved_usd_per_month_interval: [low = 0, high = 0] = [] } =
      route?.forecast ?? {}
    expect(low > 0 && low < saved && saved < high).toBe(true)

    const { stdout } = await trimtab.command('advise', '--diff', ...policies)
    propose(WATCHING)
    execFileSync('patch', ['-s', '-d', candidate], { input: stdout })
    expect(readFileSync(join(candidate, 'shop.yaml'), 'utf8')).toBe(
      WATCHING.replace('mode: shadow   #', 'mode: on   #').replace(
        'exact: { mode: shadow }',
        'exact: { mode: deterministic }',
      ),
    )
    expect((await trimtab.command('check', '--policies', candidate)).code).toBe(0)
  })

  it('in words, tells the same and how to take it over', async () => {
    const { stdout } = await trimtab.command('advise', '--policies', trimtab.policiesFolder)
    expect(stdout).toContain('shop: try `route.mode: on`')
    expect(stdout).toContain('+  mode: on   # until we know')
    expect(stdout).toContain('`trimtab advise --diff | patch -d POLICIES`')
  })
})

function rows(): { id: string }[] {
  const database = new Database(join(trimtab.dataFolder, 'ledger.db'), { readonly: true })
  try {
    return database.prepare('SELECT id FROM requests').all() as { id: string }[]
  } finally {
    database.close()
  }
}

async function reported(): Promise<number> {
  const report = (await trimtab.json('report', '--json', '--by', 'workflow')) as {
    rows: { workflow: string; cost_usd: number }[]
  }
  return report.rows.find(({ workflow }) => workflow === 'shop')?.cost_usd ?? Number.NaN
}
