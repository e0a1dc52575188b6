/** What goes wrong is told in the words of the endpoint that was asked, whichever API the provider spoke. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { contentOf, type Heard } from '../support/ask.ts'
import { framesOf } from '../support/frames.ts'
import type { Fault } from '../support/mock-provider/fault.ts'
import {
  type Dialects,
  HELLO,
  lastOf,
  messages,
  responses,
  SAID,
  startDialects,
  VERSION,
} from './dialects.ts'

const ACROSS = `
tiers: { first: { use: openai/gpt-4o-mini }, second: { use: anthropic/claude-haiku-4-5 } }
fallback: { on: [5xx] }
limits: { retries: 0 }`

let world: Dialects

beforeAll(async () => {
  world = await startDialects({
    'once.yaml': 'limits: { retries: 0 }',
    'brief.yaml': 'limits: { timeout: 400ms, retries: 0 }',
  })
})

afterAll(async () => {
  await world.stop()
  expect(world.trimtab.warnings).toEqual([])
})

/** Each way from an endpoint to a provider, and what tells its errors. */
const WAYS = [
  { endpoint: 'messages', provider: 'anthropic', model: 'claude-haiku-4-5' },
  { endpoint: 'messages', provider: 'openai', model: 'gpt-4o-mini' },
  { endpoint: 'chat/completions', provider: 'anthropic', model: 'claude-haiku-4-5' },
  { endpoint: 'responses', provider: 'openai', model: 'gpt-4o-mini' },
  { endpoint: 'responses', provider: 'chatOnly', model: 'qwen3' },
  { endpoint: 'responses', provider: 'anthropic', model: 'claude-haiku-4-5' },
  { endpoint: 'completions', provider: 'openai', model: 'gpt-4o-mini' },
] as const

type Way = (typeof WAYS)[number]

const BODIES = {
  messages: (model: string) => messages(model),
  'chat/completions': (model: string) => ({ model, messages: HELLO }),
  responses: (model: string) => responses(model),
  completions: (model: string) => ({ model, prompt: 'one two three four' }),
}

function post(way: Way, fault: Fault, workflow: string, more: object = {}): Promise<Heard> {
  world[way.provider].script([fault])
  const body = { ...BODIES[way.endpoint](way.model), ...more }
  return world.post(`/v1/${way.endpoint}`, body, { ...VERSION, 'x-trimtab-workflow': workflow })
}

function errorOf({ endpoint }: Way, { text, headers }: Heard): { type: string; message: string } {
  expect(headers['content-type']).toContain('application/json')
  const { error, ...rest } = JSON.parse(text)
  if (endpoint !== 'messages') {
    expect(rest).toEqual({})
    expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type'])
  } else expect(rest.type).toBe('error')
  return error
}

describe.each(WAYS)('$endpoint to $provider', (way) => {
  const isMessages = way.endpoint === 'messages'

  test('400 of the provider is the caller’s 400', async () => {
    const heard = await post(way, { kind: 'status', status: 400, message: 'That is too odd.' }, 'once')
    expect(heard.status).toBe(400)
    expect(errorOf(way, heard)).toMatchObject({ type: 'invalid_request_error', message: 'That is too odd.' })
    const { request, attempts } = await world.ledgerOf(heard)
    expect(request).toMatchObject({ status: 400 })
    expect(attempts).toMatchObject([{ outcome: 'rejected', status: 400, usage: 'absent' }])
  })

  test('404 of the provider is the caller’s 404', async () => {
    const heard = await post(way, { kind: 'status', status: 404, message: 'No such model.' }, 'once')
    expect(heard.status).toBe(404)
    const { message, type } = errorOf(way, heard)
    expect(message).toBe('No such model.')
    expect(type).toBe(isMessages ? 'not_found_error' : 'invalid_request_error')
  })

  test('401 of the provider is 502, and does not show its key', async () => {
    const message = 'Incorrect API key provided: openai-key anthropic-key.'
    const heard = await post(way, { kind: 'status', status: 401, message }, 'once')
    expect(heard.status).toBe(502)
    const error = errorOf(way, heard)
    expect(error.type).toBe(isMessages ? 'api_error' : 'provider_error')
    expect(heard.text).not.toContain('-key')
  })

  test('429 of the provider keeps its Retry-After', async () => {
    const heard = await post(way, { kind: 'rate_limited', seconds: 7 }, 'once')
    expect(heard).toMatchObject({ status: 429, headers: { 'retry-after': '7' } })
    expect(errorOf(way, heard).type).toBe('rate_limit_error')
  })

  test('500 of the provider is 502', async () => {
    const heard = await post(way, { kind: 'status', status: 500 }, 'once')
    expect(heard.status).toBe(502)
    expect(errorOf(way, heard).type).toBe(isMessages ? 'api_error' : 'provider_error')
  })

  test('a provider that does not answer is 504 at the deadline', async () => {
    const heard = await post(way, { kind: 'black_hole' }, 'brief')
    expect(heard.status).toBe(504)
    expect(errorOf(way, heard).type).toBe(isMessages ? 'timeout_error' : 'provider_error')
  })

  test.each(['error_event_mid', 'reset_mid', 'truncated_json', 'stall_mid'] as const)(
    'a stream that breaks off by %s ends with an error, and not as if it were whole',
    async (kind) => {
      const heard = await post(way, { kind }, 'brief', { stream: true })
      expect(heard).toMatchObject({ status: 200, end: 'whole' })
      const frames = framesOf(heard)
      const { event, data } = frames.at(-1) ?? { event: '', data: {} }
      if (isMessages) {
        expect(event).toBe('error')
        expect(data).toMatchObject({ type: 'error', error: { type: expect.any(String) } })
      } else if (way.endpoint === 'responses') {
        expect(event).toBe('response.failed')
        const begun = frames[0]?.data.response as { id: string }
        expect(data.response).toMatchObject({
          id: begun.id,
          status: 'failed',
          error: { code: expect.any(String), message: expect.any(String) },
        })
        const numbers = frames.map((frame) => frame.data.sequence_number)
        expect(numbers).toEqual(numbers.map((_, index) => index))
      } else expect(data).toMatchObject({ error: { type: expect.stringMatching(/error/) } })
      const kinds = frames.map((frame) => frame.data.type)
      for (const whole of ['message_stop', 'response.completed', '[DONE]']) expect(kinds).not.toContain(whole)
      const { attempts } = await world.ledgerOf(heard)
      expect(attempts.map(({ outcome }) => outcome)).toEqual(['interrupted'])
    },
  )
})

test.each([
  ['responses', responses('claude-haiku-4-5', { max_output_tokens: 0 }), 'max_output_tokens'],
  [
    'chat/completions',
    { model: 'claude-haiku-4-5', messages: HELLO, max_completion_tokens: 0 },
    'max_completion_tokens',
  ],
] as const)('400 of Anthropic to a caller of %s names what the caller wrote', async (path, body, param) => {
  const heard = await world.post(`/v1/${path}`, body)
  expect(heard.status).toBe(400)
  expect(JSON.parse(heard.text).error).toMatchObject({
    type: 'invalid_request_error',
    message: `${param}: must be greater than or equal to 1`,
    param,
  })
})

test('400 of a chat server to a caller of messages names what the caller wrote', async () => {
  const message = "Unsupported parameter: 'stop' is not supported with this model."
  world.chatOnly.script([{ kind: 'status', status: 400, message }])
  const heard = await world.post('/v1/messages', messages('qwen3', { stop_sequences: ['a'] }), VERSION)
  expect(heard.status).toBe(400)
  expect(JSON.parse(heard.text)).toMatchObject({
    type: 'error',
    error: { message: "Unsupported parameter: 'stop_sequences' is not supported with this model." },
  })
})

describe('fall-over across dialects', () => {
  let failing: Dialects

  // Anew for each, because a provider that fails is passed by for a while.
  beforeEach(async () => {
    failing = await startDialects({ 'across.yaml': ACROSS })
    failing.openai.script([{ kind: 'status', status: 500 }])
  })

  afterEach(() => failing.stop())

  test.each([
    { endpoint: 'chat/completions', stream: false, notes: ['asked as messages'] },
    { endpoint: 'chat/completions', stream: true, notes: ['asked as messages'] },
    { endpoint: 'messages', stream: false, notes: [] },
    { endpoint: 'messages', stream: true, notes: [] },
    { endpoint: 'responses', stream: false, notes: ['asked as messages'] },
    { endpoint: 'responses', stream: true, notes: ['asked as messages'] },
  ] as const)('$endpoint, stream $stream: Anthropic answers where OpenAI fails', async (it) => {
    const asked = { ...BODIES[it.endpoint]('auto'), stream: it.stream }
    const heard = await failing.post(`/v1/${it.endpoint}`, asked, {
      ...VERSION,
      'x-trimtab-workflow': 'across',
    })
    expect(heard).toMatchObject({
      status: 200,
      headers: { 'x-trimtab-model': 'anthropic/claude-haiku-4-5', 'x-trimtab-tier': 'second' },
    })
    expect(lastOf(failing.anthropic).url).toBe('/v1/messages')
    const { request, attempts } = await failing.ledgerOf(heard)
    expect(attempts).toMatchObject([
      { provider: 'openai', outcome: 'failed', usage: 'absent' },
      { provider: 'anthropic', outcome: 'answered', usage: 'reported', output_tokens: 8 },
    ])
    expect(request.decision.edits ?? []).toEqual(expect.arrayContaining([...it.notes]))
    if (it.endpoint === 'chat/completions') expect(contentOf(heard)).toBe(SAID)
  })

  test('what was lost on the way to the target that answered is in the decision', async () => {
    const more = { seed: 7, logit_bias: { '50256': -100 }, temperature: 1.5 }
    const heard = await failing.post(
      '/v1/chat/completions',
      { model: 'auto', messages: HELLO, ...more },
      { 'x-trimtab-workflow': 'across' },
    )
    expect(heard.status).toBe(200)
    const { request } = await failing.ledgerOf(heard)
    const edits = (request.decision.edits ?? []).join('\n')
    for (const lost of ['seed', 'logit_bias', 'temperature']) expect(edits).toContain(lost)
  })
})

describe('what cannot be said in other words', () => {
  test.each([
    ['completions', { model: 'claude-haiku-4-5', prompt: 'hi' }],
    ['embeddings', { model: 'claude-haiku-4-5', input: 'hi' }],
    ['responses', responses('qwen3', { previous_response_id: 'resp_1' })],
    ['responses', responses('claude-haiku-4-5', { background: true })],
    ['chat/completions', { model: 'claude-haiku-4-5', messages: HELLO, n: 2 }],
  ])('%s is refused with 400 before any call', async (endpoint, body) => {
    const before = [world.openai, world.anthropic, world.chatOnly].map(({ count }) => count)
    const heard = await world.post(`/v1/${endpoint}`, body)
    expect(heard.status).toBe(400)
    expect(JSON.parse(heard.text).error.message).toMatch(/^[^\n]+\.$/)
    expect([world.openai, world.anthropic, world.chatOnly].map(({ count }) => count)).toEqual(before)
  })

  test.each([
    ['messages', { model: 'nobody', max_tokens: 9, messages: HELLO }, 404, 'not_found_error'],
    ['messages', { model: 'qwen3', messages: HELLO }, 400, 'invalid_request_error'],
    ['messages', Buffer.from('{"model":'), 400, 'invalid_request_error'],
  ])('%s that is none: Anthropic’s words', async (endpoint, body, status, type) => {
    const heard = await world.post(`/v1/${endpoint}`, body, VERSION)
    expect(heard.status).toBe(status)
    expect(JSON.parse(heard.text)).toMatchObject({ type: 'error', error: { type } })
  })
})
