/** Hits on every endpoint and in either form, and what their headers say of cost. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AskOptions, ask, chat, eventsOf, type Heard } from '../../support/ask.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { MISS, type Semantic, startSemantic, status } from './semantic-setup.ts'

let semantic: Semantic
let mock: MockProvider

beforeAll(async () => {
  mock = await startMockProvider()
  semantic = await startSemantic({
    mock,
    provider: ` }, claude: { vendor: anthropic, base_url: "${mock.url}", api_key: x`,
  })
})

afterAll(async () => {
  await semantic.stop()
  await mock.close()
})

const HEADERS = { 'x-trimtab-workflow': 'faq', 'anthropic-version': '2023-06-01' }
const post = (path: string, body: object, more: AskOptions = {}): Promise<Heard> =>
  ask(semantic.trimtab.origin, body, { path, headers: HEADERS, ...more })

const BODIES: Record<string, (question: string, more?: object) => object> = {
  '/v1/chat/completions': (content, more) => ({
    ...chat('m'),
    messages: [{ role: 'user', content }],
    ...more,
  }),
  '/v1/messages': (content, more) => ({
    model: 'm',
    max_tokens: 100,
    messages: [{ role: 'user', content }],
    ...more,
  }),
  '/v1/responses': (input, more) => ({ model: 'm', input, store: false, ...more }),
}

describe.each(Object.keys(BODIES))('%s', (path) => {
  const body = BODIES[path] as (typeof BODIES)[string]

  it.each([
    ['an answer', {}],
    ['a stream', { stream: true }],
  ])('%s is told again as it was', async (form, more) => {
    const question = `What is the density of lead${path.replaceAll('/', ' ')} as ${form}?`
    const first = await post(path, body(question, more))
    expect([first.status, status(first)]).toEqual([200, MISS])
    const second = await post(path, body(question, more))
    expect(status(second)).toContain('detail=semantic')
    expect(second.headers['content-type']).toBe(first.headers['content-type'])
    expect(said(second)).toBe(said(first))
    expect(said(second)).not.toBe('')
  })

  it.each(['m', 'claude/claude-sonnet-5'])(
    'a model of %s is remembered in the caller’s words',
    async (model) => {
      const question = `What is the density of copper${path.replaceAll('/', ' ')} by ${model}?`
      const first = await post(path, body(question, { model }))
      expect([first.status, status(first)]).toEqual([200, MISS])
      const second = await post(path, body(question, { model }))
      expect(status(second)).toContain('detail=semantic')
      expect(JSON.parse(second.text)).toEqual({ ...JSON.parse(first.text), ...costFree(first) })
    },
  )

  it('each form has its own where one cannot be told from the other', async () => {
    const question = `What is the density of silver${path.replaceAll('/', ' ')}?`
    await post(path, body(question))
    const streamed = await post(path, body(question, { stream: true }))
    expect(streamed.status).toBe(200)
    expect(status(streamed)).toContain(path === '/v1/chat/completions' ? 'detail=semantic' : 'fwd=miss')
    expect(streamed.headers['content-type']).toContain('text/event-stream')
  })
})

describe('chat', () => {
  it('recorded as a stream is told as JSON, with its usage', async () => {
    const question = 'What is the density of tin?'
    const stream_options = { include_usage: true }
    await semantic.asked(question, { stream: true, stream_options })
    const heard = await semantic.asked(question)
    expect(status(heard)).toContain('detail=semantic')
    expect(JSON.parse(heard.text)).toMatchObject({
      object: 'chat.completion',
      usage: { total_tokens: expect.any(Number) },
    })
  })

  it('as a stream has a usage chunk exactly where it is asked for, also where nobody did before', async () => {
    const question = 'What is the density of zinc?'
    await semantic.asked(question, { stream: true })
    const plain = await semantic.asked(question, { stream: true })
    const counted = await semantic.asked(question, { stream: true, stream_options: { include_usage: true } })
    expect([status(plain), status(counted)].every((one) => one.includes('detail=semantic'))).toBe(true)
    expect(eventsOf(plain).some((data) => data.includes('"total_tokens"'))).toBe(false)
    expect(eventsOf(counted).filter((data) => data.includes('"total_tokens"'))).toHaveLength(1)
    expect(eventsOf(counted).at(-1)).toBe('[DONE]')
  })

  it('says that it cost nothing, and what it saved', async () => {
    const question = 'What is the density of iron?'
    const first = await semantic.asked(question)
    const second = await semantic.asked(question)
    expect(second.headers['x-trimtab-cost-usd']).toBe('0')
    expect(Number(second.headers['x-trimtab-saved-usd'])).toBeGreaterThan(0)
    expect(second.headers['x-trimtab-saved-usd']).toBe(first.headers['x-trimtab-cost-usd'])
    expect(second.headers['x-trimtab-model']).toBe('mock/m')
    expect(second.headers['x-trimtab-request-id']).not.toBe(first.headers['x-trimtab-request-id'])
  })
})

describe('responses that the provider stores', () => {
  it('are left to it', async () => {
    const question = 'What is the density of gold?'
    for (let asked = 0; asked < 2; asked++) {
      const heard = await post('/v1/responses', { model: 'm', input: question })
      expect(status(heard)).not.toContain('hit')
    }
  })
})

/** What a reader of the answer reads, whatever its form. */
function said({ text }: Heard): string {
  return [...text.matchAll(/"(?:content|text|delta)":\s*"((?:[^"\\]|\\.)*)"/g)].map(([, one]) => one).join('')
}

/** What of the usage says what it cost. */
function costFree({ text }: Heard): object {
  const { usage } = JSON.parse(text)
  return usage?.cost_usd === undefined ? {} : { usage: { ...usage, cost_usd: 0 } }
}
