/** A workflow's marks begin, in a process that has seen nothing of it, with what the ledger has of its prompts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask } from '../../support/ask.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'
import { RULES } from './prompt-caches-setup.ts'

const ENOUGH = 24

let mock: MockProvider

beforeAll(async () => {
  mock = await startMockProvider()
})

afterAll(async () => {
  await mock.close()
})

function start(folder?: string): Promise<Inside> {
  return startInside({
    ...(folder === undefined ? {} : { folder }),
    config: `providers: { anthropic: { base_url: "${mock.url}", api_key: sk-ant } }`,
    policies: { 'once.yaml': 'prefix: auto', 'again.yaml': 'prefix: auto' },
  })
}

async function isMarked(trimtab: Inside, workflow: string, system: string): Promise<boolean> {
  const messages = [{ role: 'user', content: 'Which way?' }]
  const body = { model: 'anthropic/claude-sonnet-5-5', max_tokens: 20, system, messages }
  const headers = { 'x-trimtab-workflow': workflow, 'anthropic-version': '2023-06-01' }
  const heard = await ask(trimtab.origin, body, { path: '/v1/messages', headers })
  expect(heard.status, heard.text.slice(0, 300)).toBe(200)
  return JSON.stringify(mock.requests.at(-1)?.body).includes('"cache_control"')
}

/** Whatever the ledger's thread says comes after what it said of reuse as it began. */
async function heardOfLedger({ origin, dataFolder }: Inside): Promise<void> {
  const key = readFileSync(join(dataFolder, 'admin-key'), 'utf8').trim()
  const headers = { authorization: `Bearer ${key}` }
  expect((await fetch(`${origin}/trimtab/api/requests?since=0`, { headers })).status).toBe(200)
}

test('the first prompt after a restart is marked where such are repeated, and not where they never were', async () => {
  let trimtab = await start()
  for (let index = 0; index < ENOUGH; index++) {
    const once = await isMarked(trimtab, 'once', `At ${index}: ${RULES}`)
    if (index === 0) expect(once).toBe(true)
    await isMarked(trimtab, 'again', RULES)
  }
  await trimtab.stop({ graceMs: 1000, keep: true })
  trimtab = await start(trimtab.folder)
  await heardOfLedger(trimtab)
  expect(await isMarked(trimtab, 'once', `At last: ${RULES}`)).toBe(false)
  expect(await isMarked(trimtab, 'again', `At last: ${RULES}`)).toBe(true)
  await trimtab.stop()
})
