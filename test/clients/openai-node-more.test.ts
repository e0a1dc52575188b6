/** OpenAI's Node SDK, unmodified, on what is passed through besides: realtime, models of one's own, skills, and what is refused. */
import OpenAI, { NotFoundError, PermissionDeniedError, toFile } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

let mock: MockProvider
let trimtab: Trimtab
let ann: OpenAI
let ben: OpenAI

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startTrimtab({
    config: `
access: { mode: keys }
default_provider: claude
providers:
  claude: { dialect: anthropic, base_url: "${mock.url}", api_key: key-claude }
  openai: { base_url: "${mock.url}", vendor: openai, accounts: [{ name: one, api_key: key-one }, { name: two, api_key: key-two }] }
aliases: { voice: openai/gpt-realtime }
`,
  })
  ann = await client('ann')
  ben = await client('ben')
})
afterAll(async () => {
  await trimtab?.stop()
  await mock?.close()
})

describe('realtime', () => {
  test.each(['gpt-realtime', 'openai/gpt-realtime', 'voice'])(
    'a secret for %s is the provider’s, whatever is the default, and its cost is not known',
    async (model) => {
      const { data: secret, response } = await ann.realtime.clientSecrets
        .create({ session: { type: 'realtime', model, instructions: 'Be brief.' } })
        .withResponse()
      expect(secret).toMatchObject({ value: 'ek_mock', session: { model: 'gpt-realtime' } })
      expect(mock.requests.at(-1)?.headers.authorization).toBe('Bearer key-one')
      const told = await trimtab.json(
        'requests',
        String(response.headers.get('x-trimtab-request-id')),
        '--json',
      )
      expect(told).toMatchObject({ endpoint: 'realtime/client_secrets', cost_usd: null })
    },
  )

  test('a call is known by the place it was made at, and is its caller’s alone', async () => {
    const answer = await fetch(`${trimtab.baseUrl}/realtime/calls`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${ann.apiKey}`,
        'content-type': 'application/sdp',
        'x-trimtab-provider': 'openai',
      },
      body: 'v=0\r\n',
    })
    expect([answer.status, await answer.text()]).toEqual([200, 'v=0\r\n'])
    const id = answer.headers.get('location')?.split('/').at(-1) ?? ''
    expect(id).toMatch(/^rtc_/)
    await expect(ben.realtime.calls.hangup(id)).rejects.toThrow(NotFoundError)
    await ann.realtime.calls.hangup(id)
    expect(mock.requests.at(-1)?.url).toBe(`/v1/realtime/calls/${id}/hangup`)
  })

  test('a key that is limited to models may not open what may change its model', async () => {
    const few = await client('few', '--models', 'gpt-realtime')
    const session = { type: 'realtime', model: 'gpt-realtime' } as const
    await expect(few.realtime.clientSecrets.create({ session })).rejects.toThrow(PermissionDeniedError)
  })
})

test('a model of one’s own is deleted by whoever made it, in the account that made it', async () => {
  const options = { headers: { 'x-trimtab-provider': 'openai' } }
  const file = await ann.files.create(
    { file: await toFile(Buffer.from('{}\n'), 'a.jsonl'), purpose: 'fine-tune' },
    options,
  )
  const job = await ann.fineTuning.jobs.create({ model: 'gpt-4o-mini', training_file: file.id })
  const { fine_tuned_model: model } = await ann.fineTuning.jobs.retrieve(job.id)
  await expect(ben.models.delete(String(model))).rejects.toThrow(NotFoundError)
  expect(await ann.models.delete(`openai/${model}`)).toMatchObject({ id: model, deleted: true })
  await expect(ann.models.delete(String(model))).rejects.toThrow(NotFoundError)
})

test('skills and containers are kept in one account, and lists are the caller’s own', async () => {
  const options = { headers: { 'x-trimtab-provider': 'openai' } }
  const skill = await ann.skills.create({ files: [await toFile(Buffer.from('# a'), 'SKILL.md')] }, options)
  await ben.skills.create({ files: [await toFile(Buffer.from('# b'), 'SKILL.md')] }, options)
  expect((await ann.skills.retrieve(skill.id)).id).toBe(skill.id)
  const listed: string[] = []
  for await (const one of ann.skills.list({}, options)) listed.push(one.id)
  expect(listed).toEqual([skill.id])
  const container = await ann.containers.create({ name: 'c' }, options)
  await expect(ben.containers.retrieve(container.id)).rejects.toThrow(NotFoundError)
  const body = {
    model: 'gpt-5.5',
    input: 'a',
    tools: [{ type: 'shell', environment: { type: 'container_reference', container_id: container.id } }],
  }
  await expect(ben.post('/responses', { body })).rejects.toThrow(NotFoundError)
})

test('what administers an organization is refused in one sentence', async () => {
  const asked = ann.get('/organization/usage/completions')
  await expect(asked).rejects.toThrow(NotFoundError)
  await expect(asked).rejects.toThrow(
    '/v1/organization/usage/completions is not passed through: it administers an organization by an admin key, which trimtab neither has nor passes on: ask the provider itself.',
  )
})

async function client(name: string, ...options: string[]): Promise<OpenAI> {
  const made = (await trimtab.json('keys', 'create', '--name', name, ...options, '--json')) as { key: string }
  return new OpenAI({ baseURL: trimtab.baseUrl, apiKey: made.key, maxRetries: 0 })
}
