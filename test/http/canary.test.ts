/** What callers ask and hear, and every key, stays out of all that an operator keeps or reads. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, type Heard } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

const PROMPT = 'canary-prompt-7f3a'
const ANSWER = 'canary-answer-91bc'
const PROVIDER_KEY = 'sk-canary-provider-55d0'

let mock: MockProvider
let trimtab: Trimtab
let key: string

beforeAll(async () => {
  mock = await startMockProvider({ apiKey: PROVIDER_KEY })
  trimtab = await startTrimtab({
    config: `
access: { mode: keys }
providers: { mock: { base_url: "${mock.url}", api_key: "${PROVIDER_KEY}" } }
`,
    policies: { 'default.yaml': 'limits: { retries: 0 }' },
  })
  key = ((await trimtab.json('keys', 'create', '--name', 'canary', '--json')) as { key: string }).key
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

const send = (more: Record<string, unknown>, authorization = `Bearer ${key}`): Promise<Heard> =>
  ask(
    trimtab.origin,
    { model: 'm', messages: [{ role: 'user', content: PROMPT }], metadata: { note: PROMPT }, ...more },
    { headers: { authorization } },
  )

it('neither prompts nor answers nor keys are in logs, ledger, reports, requests, metrics or readiness', async () => {
  const echo = (status: number) => ({
    kind: 'status' as const,
    status,
    message: `You sent ${PROMPT} with ${PROVIDER_KEY}; ${ANSWER}`,
  })
  await send({})
  await send({ stream: true })
  const told: Heard[] = []
  for (const status of [400, 401, 429, 500, 503]) {
    mock.script([echo(status)])
    told.push(await send({ seed: status }))
  }
  mock.script([{ kind: 'error_event_mid' }])
  await send({ stream: true, seed: 7 })
  mock.script([{ kind: 'reset_mid' }])
  await send({ stream: true, seed: 8 })
  await send({}, 'Bearer tt_0000000000_canary-not-a-key')
  // A caller may be told what its own request said, but never our key.
  for (const { text } of told) expect(text).not.toContain(PROVIDER_KEY)

  const { requests } = (await trimtab.json('requests', '--json')) as { requests: { id: string }[] }
  expect(requests.length).toBeGreaterThanOrEqual(9)
  const details = await Promise.all(requests.map(({ id }) => trimtab.command('requests', id, '--json')))
  const report = await trimtab.command('report', '--json')
  const pages = await Promise.all(
    ['/readyz', '/metrics'].map(async (path) => (await fetch(trimtab.origin + path)).text()),
  )
  const kept = [
    trimtab.output(),
    ...details.map(({ stdout }) => stdout),
    report.stdout,
    ...pages,
    // Of the data folder, what is not meant to hold answers.
    ...readdirSync(trimtab.dataFolder)
      .filter((name) => name.startsWith('ledger.db'))
      .map((name) => readFileSync(join(trimtab.dataFolder, name), 'latin1')),
  ]
  for (const canary of [PROMPT, ANSWER, PROVIDER_KEY, key, 'canary-not-a-key']) {
    expect(
      kept
        .filter((text) => text.includes(canary))
        .map((text) => text.slice(text.indexOf(canary) - 200, text.indexOf(canary) + 60)),
    ).toEqual([])
  }
})
