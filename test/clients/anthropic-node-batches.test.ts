/** Anthropic's Node SDK, unmodified, on batches of messages, files and models; and its twin for Python. */
import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import Anthropic, { NotFoundError, toFile } from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const run = promisify(execFile)
const hasPython = spawnSync('python3', ['--version']).status === 0

let mock: MockProvider
let trimtab: Trimtab
let client: Anthropic

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startTrimtab({
    config: `
access: { mode: keys }
default_provider: openai
providers:
  openai: { base_url: "${mock.url}", vendor: openai, api_key: key-openai }
  claude: { dialect: anthropic, base_url: "${mock.url}", api_key: key-claude, models: [claude-haiku-4-5] }
`,
  })
  const made = (await trimtab.json('keys', 'create', '--name', 'a', '--json')) as { key: string }
  client = new Anthropic({ baseURL: trimtab.origin, apiKey: made.key, maxRetries: 0 })
})
afterAll(async () => {
  await trimtab?.stop()
  await mock?.close()
})

describe('@anthropic-ai/sdk', () => {
  test('a batch is made, listed, looked at, read, cancelled and deleted, and its key never leaves', async () => {
    const requests = ['one', 'two'].map((custom_id) => ({
      custom_id,
      params: {
        model: 'claude/claude-haiku-4-5',
        max_tokens: 100,
        messages: [{ role: 'user' as const, content: `Say ${custom_id}.` }],
      },
    }))
    const batch = await client.messages.batches.create({ requests })
    expect(batch).toMatchObject({ type: 'message_batch', processing_status: 'in_progress' })
    const ids: string[] = []
    for await (const one of client.messages.batches.list({ limit: 1 })) ids.push(one.id)
    expect(ids).toEqual([batch.id])
    const answers: string[] = []
    for await (const { custom_id, result } of await client.messages.batches.results(batch.id)) {
      if (result.type === 'succeeded' && result.message.content[0]?.type === 'text')
        answers.push(`${custom_id}: ${result.message.content[0].text}`)
    }
    expect(answers).toEqual(['one: You said: Say one.', 'two: You said: Say two.'])
    expect(mock.requests.map(({ headers }) => headers['x-api-key'])).not.toContain(client.apiKey)
    expect(await client.messages.batches.delete(batch.id)).toMatchObject({ type: 'message_batch_deleted' })
    await expect(client.messages.batches.retrieve(batch.id)).rejects.toThrow(NotFoundError)
    const other = await client.messages.batches.create({ requests })
    expect(await client.messages.batches.cancel(other.id)).toMatchObject({ id: other.id })
    const bills = await billed()
    expect(bills).toMatchObject([{ model: 'claude-haiku-4-5' }])
    expect(bills[0]?.cost_usd).toBeGreaterThan(0)
  })

  test('a file is uploaded, listed, looked at, read and deleted in Anthropic’s account', async () => {
    const file = await client.beta.files.upload({ file: await toFile(Buffer.from('abc'), 'a.txt') })
    expect(file).toMatchObject({ type: 'file', filename: 'a.txt', size_bytes: 3 })
    expect(mock.requests.at(-1)?.headers['x-api-key']).toBe('key-claude')
    const ids: string[] = []
    for await (const one of client.beta.files.list()) ids.push(one.id)
    expect(ids).toEqual([file.id])
    expect((await client.beta.files.retrieveMetadata(file.id)).id).toBe(file.id)
    expect(await (await client.beta.files.download(file.id)).text()).toBe('abc')
    expect(await client.beta.files.delete(file.id)).toMatchObject({ id: file.id })
    await expect(client.beta.files.retrieveMetadata(file.id)).rejects.toThrow(NotFoundError)
  })
})

describe.skipIf(!hasPython)('anthropic (Python)', () => {
  test('a batch and its results, files and models', async () => {
    const python = (await run(process.execPath, [path('../../scripts/python-venv.mjs')])).stdout.trim()
    const { stdout } = await run(python, [
      path('./anthropic_batches_python.py'),
      trimtab.origin,
      String(client.apiKey),
    ])
    expect(JSON.parse(stdout)).toEqual({
      batch: { answers: ['You said: Say three.'], listed: true, deleted: 'message_batch_deleted' },
      files: { filename: 'b.txt', listed: true, content: 'xyz' },
      models: { listed: ['claude-haiku-4-5'], found: 'claude/claude-haiku-4-5', missing: 'not_found_error' },
    })
  }, 300_000)
})

async function billed(): Promise<{ model: string; cost_usd: number }[]> {
  const list = (await trimtab.json('requests', '--limit', '200', '--json')) as { requests: { id: string }[] }
  const all = await Promise.all(list.requests.map(({ id }) => trimtab.json('requests', id, '--json')))
  return (all as { endpoint: string; attempts: { model: string; cost_usd: number; usage: string }[] }[])
    .filter(({ endpoint }) => endpoint === 'messages/batches')
    .flatMap(({ attempts }) => attempts.filter(({ cost_usd }) => cost_usd > 0))
}
