/** What an operator and a caller see of questions that mean the same: records, reports, metrics, and a header that says "wrong". */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, type Heard } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../../support/start-trimtab.ts'

let mock: MockProvider
let trimtab: Trimtab
let ledgerFile: string

const semantic = (mode: string): string =>
  `cache: { exact: { mode: off }, semantic: { mode: ${mode}, max_wrong_rate: 5% } }`

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startTrimtab({
    config: `
default_provider: mock
embedding: { use: static }
providers: { mock: { base_url: "${mock.url}", api_key: k } }
prices: { overrides: { mock/m: { input: 1, output: 2 } } }
`,
    policies: {
      'faq.yaml': semantic('on'),
      'said.yaml': semantic('on'),
      'watched.yaml': semantic('shadow'),
      'plain.yaml': 'cache: { exact: { mode: off } }',
    },
  })
  ledgerFile = `${trimtab.dataFolder}/ledger.db`
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

const asks = (content: string, workflow: string, headers: Record<string, string> = {}): Promise<Heard> =>
  ask(
    trimtab.origin,
    { model: 'm', messages: [{ role: 'user', content }] },
    { headers: { 'x-trimtab-workflow': workflow, ...headers } },
  )
const isHit = (heard: Heard): boolean => String(heard.headers['cache-status']).includes('detail=semantic')
const idOf = (heard: Heard): string => String(heard.headers['x-trimtab-request-id'])

async function metric(line: RegExp): Promise<number> {
  const { text } = await ask(trimtab.origin, '', { method: 'GET', path: '/metrics' })
  return Number(line.exec(text)?.[1] ?? Number.NaN)
}

/** A question, and the same again in other words; two others before, so that something may be served. */
async function rephrased(workflow: string): Promise<[first: Heard, second: Heard]> {
  for (const other of ['Who wrote Emma?', 'Who wrote Faust?']) await asks(other, workflow)
  const first = await asks('What is the capital of France?', workflow)
  await settledLedger(ledgerFile)
  const second = await asks("What's the capital of France?", workflow)
  await settledLedger(ledgerFile)
  return [first, second]
}

describe('an operator', () => {
  it('reads in the record of a request what the layers said', async () => {
    const [first, second] = await rephrased('faq')
    expect(isHit(second)).toBe(true)
    const record = async (heard: Heard): Promise<string> =>
      (await trimtab.command('requests', idOf(heard))).stdout
    expect(await record(second)).toMatch(
      /^meaning +.*similarity [01]\.\d{3}, risk 0\.\d{4}, served \(entry [0-9a-f-]{36}\)$/m,
    )
    expect(await record(first)).toMatch(/^meaning +.*no candidate$/m)
    expect(await record(await asks('Where is my parcel?', 'faq'))).toMatch(/^meaning +personal$/m)
  })

  it('sees in the report what was answered, and what would have been', async () => {
    const [, second] = await rephrased('watched')
    expect(isHit(second)).toBe(false)
    const { stdout } = await trimtab.command('report', '--by', 'workflow')
    expect(stdout).toMatch(/by meaning +saved by it +shadow hits +would save +audited +wrong$/m)
    expect(stdout).toMatch(/^faq .* 1 +\$\d\S* +0 +– +\d+ +\d+$/m)
    expect(stdout).toMatch(/^watched .* 0 +(–|\$0) +1 +\$\d\S* +\d+ +\d+$/m)
    expect(stdout).toContain('By meaning: hits that answered a question which means the same')
  })

  it('finds each outcome in the metrics, and how many questions there are', async () => {
    const lookups = (workflow: string, outcome: string): Promise<number> =>
      metric(
        new RegExp(
          `^trimtab_semantic_lookups_total\\{workflow="${workflow}",outcome="${outcome}"\\} (\\d+)$`,
          'm',
        ),
      )
    await asks('Who wrote Emma?', 'plain')
    expect(await lookups('faq', 'hit')).toBe(1)
    expect(await lookups('faq', 'ineligible')).toBe(1)
    expect(await lookups('faq', 'miss')).toBeGreaterThanOrEqual(3)
    expect(await lookups('watched', 'shadow_hit')).toBe(1)
    for (const outcome of ['hit', 'shadow_hit', 'miss', 'ineligible'])
      expect(await lookups('plain', outcome)).toBeNaN()
    expect(await metric(/^trimtab_semantic_entries (\d+)$/m)).toBeGreaterThanOrEqual(6)
    // By the very same words: the mock answers the same, and so that can be told.
    await asks('Who wrote Emma?', 'watched')
    await expect
      .poll(() => metric(/^trimtab_semantic_audited_total\{workflow="watched"\} (\d+)$/m))
      .toBeGreaterThanOrEqual(1)
    expect(await metric(/^trimtab_semantic_wrong_total\{workflow="watched"\} (\d+)$/m)).toBe(0)
  })
})

describe('the header x-trimtab-feedback', () => {
  it('forgets the answer of the request that it names', async () => {
    const [, second] = await rephrased('said')
    expect(isHit(second)).toBe(true)
    const next = await asks('Who wrote Candide?', 'said', { 'x-trimtab-feedback': idOf(second) })
    expect(next.status).toBe(200)
    await expect
      .poll(async () => (await trimtab.json('cache', 'stats', '--json')) as object)
      .toMatchObject({
        semantic: {
          workflows: expect.arrayContaining([expect.objectContaining({ workflow: 'said', wrong: 1 })]),
        },
      })
  })

  it.each([
    ['is not there', 'req_00000000000000000000000000'],
    ['no memory answered', ''],
    ['is nonsense', 'x'.repeat(2000)],
  ])('fails no request where what it names %s', async (_, named) => {
    const plain = named === '' ? idOf(await asks('Who wrote Emma?', 'plain')) : named
    const heard = await asks('Who wrote Emma?', 'plain', { 'x-trimtab-feedback': plain })
    expect(heard.status).toBe(200)
    expect(trimtab.output()).not.toContain('failed inside')
  })
})
