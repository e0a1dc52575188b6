/** A target that the caller did not name is asked in words that it takes; one that it named gets what it wrote. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Decision } from '../../src/metering/decision.ts'
import { openLedgerReader } from '../../src/platform/node/node-ledger.ts'
import { ask, chat, errorOf } from '../support/ask.ts'
import { settledLedger } from '../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'
import { type Inside, startInside } from '../support/start-inside.ts'

/** What OpenAI's reasoning models refuse. */
const OF_REASONING = [
  'max_tokens',
  'temperature',
  'top_p',
  'presence_penalty',
  'stop',
  'logprobs',
  'logit_bias',
]
const OF_MISTRAL = ['seed', 'max_completion_tokens', 'user', 'stream_options', 'logit_bias']

let primary: MockProvider
let openai: MockProvider
let mistral: MockProvider
let claude: MockProvider
let trimtab: Inside

beforeAll(async () => {
  primary = await startMockProvider()
  openai = await startMockProvider({ unsupported: OF_REASONING })
  mistral = await startMockProvider({ unsupported: OF_MISTRAL })
  claude = await startMockProvider()
  const rest = 'route: [{ when: {}, to: TIER }]\nlimits: { retries: 0 }\nfallback: { on: [5xx] }'
  const policy = (use: string) => `tiers: { TIER: { use: [${use}] } }\n${rest}`
  trimtab = await startInside({
    config: [
      'providers:',
      `  primary: { base_url: "${primary.url}", api_key: key }`,
      `  openai: { vendor: openai, base_url: "${openai.url}", api_key: key }`,
      `  mistral: { vendor: mistral, base_url: "${mistral.url}", api_key: key }`,
      `  claude: { dialect: anthropic, base_url: "${claude.url}", api_key: key }`,
      `  plain: { base_url: "${claude.url}", api_key: key }`,
      'aliases: { thinker: openai/o3 }',
    ].join('\n'),
    policies: {
      'over.yaml': policy('primary/gpt-4o, openai/o3'),
      'last.yaml': policy('primary/gpt-4o, openai/o3, mistral/mistral-small'),
      'only.yaml': policy('openai/o3'),
      'asked.yaml': policy('openai/*'),
      'logs.yaml': policy('claude/claude-opus-5, plain/gpt-4o'),
      'claude.yaml': policy('claude/claude-opus-5'),
      'older.yaml': policy('claude/claude-haiku-4-5'),
      'all.yaml': `${policy('openai/o3')}\ncache: { exact: { mode: on } }`,
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await Promise.all([primary.close(), openai.close(), mistral.close(), claude.close()])
})

const STATED = { temperature: 0.2, max_tokens: 50, presence_penalty: 0, reasoning_effort: 'xhigh', seed: 7 }

describe('a target that the caller did not name', () => {
  it('is asked in its own words after a fall-over, and the decision lists what was changed', async () => {
    primary.script(() => ({ kind: 'status', status: 500 }))
    const text = `{ "temperature" : 0.2, "model":"gpt-4o", "max_tokens" : 50, "messages":[{"role":"user","content":"h\\u0069"}],
      "presence_penalty":0,"reasoning_effort":"xhigh" , "seed" : 7.0 }`
    const heard = await asked('over', Buffer.from(text))
    expect(heard.status).toBe(200)
    expect(heard.headers['x-trimtab-model']).toBe('openai/o3')
    expect(bodyOf(last(primary))).toBe(text)
    expect(bodyOf(last(openai))).toBe(
      `{ "model":"o3", "max_completion_tokens" : 50, "messages":[{"role":"user","content":"h\\u0069"}],
      "reasoning_effort":"high" , "seed" : 7.0 }`,
    )
    expect((await decision(heard.headers['x-trimtab-request-id'])).edits).toEqual([
      'model',
      'max_tokens: sent as max_completion_tokens.',
      'temperature: left out, the target refuses it.',
      'presence_penalty: left out, the target refuses it.',
      'reasoning_effort: said as high.',
    ])
  })

  it('is passed over where it cannot be asked, and the next one answers', async () => {
    primary.script(() => ({ kind: 'status', status: 500 }))
    const before = openai.count
    const body = {
      ...chat('gpt-4o', STATED),
      stop: ['\n'],
      stream: true,
      stream_options: { include_usage: true },
    }
    const heard = await asked('last', body)
    expect(heard.status).toBe(200)
    expect(heard.headers['x-trimtab-model']).toBe('mistral/mistral-small')
    expect(openai.count).toBe(before)
    const { messages: _, ...sent } = last(mistral).body ?? {}
    expect(sent).toEqual({
      model: 'mistral-small',
      temperature: 0.2,
      max_tokens: 50,
      presence_penalty: 0,
      reasoning_effort: 'high',
      random_seed: 7,
      stop: ['\n'],
      stream: true,
    })
    const { reasons, candidates } = await decision(heard.headers['x-trimtab-request-id'])
    expect(reasons).toEqual(["openai/o3 is left out: Cannot convert 'stop': it stops at no sequence."])
    expect(candidates.map(({ target }) => target)).toEqual(['primary/gpt-4o', 'mistral/mistral-small'])
  })

  it('is 400 before any call where it is the only one and cannot be asked', async () => {
    const before = openai.count
    const heard = await asked('only', chat('gpt-4o', { logprobs: true }))
    expect(heard.status).toBe(400)
    expect(errorOf(heard)).toMatchObject({ code: 'invalid_request', param: 'logprobs' })
    expect(openai.count).toBe(before)
  })

  it('is asked so by a workflow’s name too, within the policy’s bound', async () => {
    const heard = await asked(undefined, chat('only', STATED))
    expect(heard.status).toBe(200)
    expect(last(openai).body).toMatchObject({ model: 'o3', max_completion_tokens: 50 })
  })
})

it('what a conversion says is refused under the caller’s own name', async () => {
  const options = { path: '/v1/messages', headers: { 'anthropic-version': '2023-06-01' } }
  const heard = await ask(
    trimtab.origin,
    { ...chat('openai/o3'), max_tokens: 5, stop_sequences: ['a'] },
    options,
  )
  expect(heard.status).toBe(400)
  expect(heard.text).toContain("Cannot convert 'stop_sequences': it stops at no sequence.")
  const logs = { model: 'mistral/mistral-small', input: 'a', top_logprobs: 2 }
  expect(errorOf(await ask(trimtab.origin, logs, { path: '/v1/responses' }))).toMatchObject({
    message: "Cannot convert 'top_logprobs': it tells no probabilities of tokens.",
    param: 'top_logprobs',
  })
})

describe('probabilities of tokens, which Anthropic does not tell', () => {
  it('make a policy pass its models over', async () => {
    const heard = await asked('logs', chat('auto', { logprobs: true }))
    expect(heard.headers['x-trimtab-model']).toBe('plain/gpt-4o')
    const { reasons } = await decision(heard.headers['x-trimtab-request-id'])
    expect(reasons?.[0]).toContain("claude/claude-opus-5 is left out: Cannot convert 'logprobs'")
  })

  it.each([
    ['the policy has no other', 'claude', 'auto'],
    ['the caller named it', undefined, 'claude/claude-opus-5'],
  ])('are 400 before any call where %s', async (_, workflow, model) => {
    const before = claude.count
    const heard = await asked(workflow, chat(model, { logprobs: true }))
    expect(heard.status).toBe(400)
    expect(errorOf(heard)).toMatchObject({ code: 'invalid_request', param: 'logprobs' })
    expect(claude.count).toBe(before)
  })
})

describe('a request that is deterministic by its temperature', () => {
  it.each([
    ['is not remembered where a policy’s target was asked without it', 'only', 'auto', 'fwd=miss'],
    ['is not remembered where a conversion left it out', undefined, 'claude/claude-opus-5', 'fwd=miss'],
    ['is remembered where a conversion said it', 'older', 'auto', 'hit'],
    ['is remembered without it where the policy remembers all', 'all', 'auto', 'hit'],
  ])('%s', async (question, workflow, model, status) => {
    const body = { model, messages: [{ role: 'user', content: question }], temperature: 0 }
    expect((await asked(workflow, body)).headers['cache-status']).toContain('fwd=miss')
    const again = await asked(workflow, body)
    expect(again.status).toBe(200)
    expect(again.headers['cache-status']).toContain(status)
  })
})

describe('a target that the caller named', () => {
  it.each([
    ['as provider/model, without a tier', undefined, 'openai/o3'],
    ['as provider/model, in a tier', 'only', 'openai/o3'],
    ['by an alias', 'only', 'thinker'],
    ['by its bare name', 'only', 'o3'],
    ['in a tier that asks the provider for whatever was asked', 'asked', 'o3'],
  ])('%s gets what the caller wrote, and refuses it itself', async (_, workflow, model) => {
    const heard = await asked(workflow, chat(model, STATED))
    expect(heard.status).toBe(400)
    expect(errorOf(heard).message).toContain("Unsupported parameter: 'max_tokens'")
    const { messages: __, ...sent } = last(openai).body ?? {}
    expect(sent).toEqual({ ...STATED, model: 'o3' })
  })

  it('gets what a conversion wrote for it in words that it takes', async () => {
    const body = { ...chat('openai/o3'), max_tokens: 50, temperature: 0.2 }
    const heard = await ask(trimtab.origin, body, {
      path: '/v1/messages',
      headers: { 'anthropic-version': '2023-06-01' },
    })
    expect(heard.status).toBe(200)
    const { messages: _, ...sent } = last(openai).body ?? {}
    expect(sent).toEqual({ model: 'o3', max_completion_tokens: 50 })
  })
})

function asked(workflow: string | undefined, body: unknown) {
  return ask(trimtab.origin, body, { headers: { 'x-trimtab-workflow': workflow } })
}

function last({ requests }: MockProvider): SeenRequest {
  const seen = requests.at(-1)
  if (seen === undefined) throw new Error('nothing was asked')
  return seen
}

function bodyOf({ bytes }: SeenRequest): string {
  return new TextDecoder().decode(bytes)
}

async function decision(id: unknown): Promise<Decision> {
  await settledLedger(trimtab.ledgerFile)
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  const detail = await reader.request(String(id))
  close()
  if (detail?.decision == null) throw new Error('no decision was recorded')
  return detail.decision
}
