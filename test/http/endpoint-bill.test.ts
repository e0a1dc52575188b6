/** Whichever endpoint is asked and however its target is: the ledger has what the provider counted, and repeats are free. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Heard } from '../support/ask.ts'
import { framesOf } from '../support/frames.ts'
import { COUNTED, type Counted } from '../support/mock-provider/counted.ts'
import {
  type Dialects,
  HELLO,
  lastOf,
  messages,
  PRICE,
  responses,
  startDialects,
  VERSION,
} from './dialects.ts'

const CAPPED = 20

let world: Dialects

beforeAll(async () => {
  world = await startDialects({ 'capped.yaml': `output: { max_tokens: ${CAPPED} }` })
})

afterAll(async () => {
  await world.stop()
  expect(world.trimtab.warnings).toEqual([])
})

/** What is asked, and who is: `stored` is said of none, so that a repeat may be answered from memory. */
const ASKED = [
  { name: 'messages', path: '/v1/messages', provider: 'anthropic', body: messages('as-anthropic') },
  {
    name: 'chat by messages',
    path: '/v1/chat/completions',
    provider: 'anthropic',
    body: { model: 'as-anthropic', messages: HELLO },
  },
  { name: 'messages by chat', path: '/v1/messages', provider: 'openai', body: messages('as-openai') },
  {
    name: 'responses',
    path: '/v1/responses',
    provider: 'openai',
    body: responses('as-openai', { store: false }),
  },
  {
    name: 'responses by messages',
    path: '/v1/responses',
    provider: 'anthropic',
    body: responses('as-anthropic', { store: false }),
  },
  {
    name: 'responses by chat',
    path: '/v1/responses',
    provider: 'chatOnly',
    body: responses('qwen3', { store: false }),
  },
] as const

const CASES = ASKED.flatMap((asked) => [false, true].map((stream) => ({ ...asked, stream })))

describe.each(CASES)('$name, stream $stream', ({ name, path, provider, body, stream }) => {
  const mock = () => world[provider]
  const asking = (content: string) =>
    'input' in body ? { input: content } : { messages: [{ role: 'user', content }] }
  const post = (more: object = {}) =>
    world.post(path, { ...body, stream, ...more }, { ...VERSION, 'x-trimtab-workflow': 'billed' })

  test('every bucket is the provider’s, and the price exact', async () => {
    for (const content of ['one', 'a second', 'the third of three', 'and one more']) {
      const heard = await post(
        'input' in body ? { input: content } : { messages: [{ role: 'user', content }] },
      )
      expect(heard.status).toBe(200)
      const { attempts, request } = await world.ledgerOf(heard)
      const counted = lastOf(mock()).counted
      if (counted === undefined) throw new Error('the provider counted nothing')
      const [attempt] = attempts
      expect(attempt).toMatchObject({ usage: 'reported', ...columnsOf(counted) })
      const isPriced = provider !== 'chatOnly'
      expect(attempt?.cost_nano_usd).toBe(isPriced ? costOf(counted) : null)
      expect(request.workflow).toBe('billed')
      if (!stream && isPriced) {
        expect(Number(heard.headers['x-trimtab-cost-usd'])).toBeCloseTo(costOf(counted) / 1e9, 12)
      }
    }
  })

  test.runIf(stream)('what it cost is told once, in the event that tells its usage', async () => {
    const heard = await post(name.startsWith('chat') ? { stream_options: { include_usage: true } } : {})
    const told = framesOf(heard).filter(({ data }) => data.trimtab !== undefined)
    if (provider === 'chatOnly') return expect(told).toEqual([])
    const counted = lastOf(mock()).counted
    if (counted === undefined) throw new Error('the provider counted nothing')
    expect(told).toHaveLength(1)
    const { event, data } = told[0] ?? { event: '', data: {} }
    expect(data.trimtab).toEqual({ cost_usd: costOf(counted) / 1e9 })
    const { usage } = 'response' in data ? (data.response as { usage: unknown }) : data
    expect(usage).toBeTypeOf('object')
    expect(event).toBe(USAGE_EVENTS[path])
  })

  test('a repeat of a deterministic request comes from memory, byte for byte', async () => {
    const first = await post({ temperature: 0 })
    const before = mock().count
    await expect.poll(async () => (await post({ temperature: 0 })).headers['cache-status']).toMatch(/hit/)
    const repeat = await post({ temperature: 0 })
    expect(repeat.status).toBe(200)
    expect(withoutCost(repeat)).toBe(withoutCost(first))
    expect(repeat.headers['content-type']).toBe(first.headers['content-type'])
    expect(mock().count).toBeLessThanOrEqual(before + 1)
    const { request, attempts } = await world.ledgerOf(repeat)
    expect(request).toMatchObject({ cache: 'exact', status: 200 })
    expect(attempts).toEqual([])
  })

  test('identical requests under way share one call', async () => {
    const before = mock().count
    mock().script([{ kind: 'hold' }])
    const more = { temperature: 0, ...asking(`shared by ${stream ? 'streams' : 'answers'}`) }
    const callers = [post(more), post(more), post(more)]
    await mock().until(() => mock().count > before)
    // Whoever is still on the way then finds the answer in memory, which is as good.
    await sleep(50)
    mock().release()
    const heard = await Promise.all(callers)
    expect(heard.map(({ status }) => status)).toEqual([200, 200, 200])
    const [first, ...others] = heard.map(withoutCost)
    expect(others).toEqual([first, first])
    expect(mock().count).toBe(before + 1)
    const rows = await Promise.all(heard.map((one) => world.ledgerOf(one)))
    expect(rows.flatMap(({ attempts }) => attempts)).toHaveLength(1)
  })

  test('the policy’s bound of output is asked for in the target’s own word', async () => {
    const capped = { ...VERSION, 'x-trimtab-workflow': 'capped' }
    const heard = await world.post(path, { ...body, stream }, capped)
    expect(heard.status).toBe(200)
    const seen = lastOf(mock()).body ?? {}
    const bounds = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'].filter((it) => it in seen)
    expect(bounds).toEqual([WORDS_OF_BOUND[name] ?? 'max_tokens'])
    expect(seen[bounds[0] ?? '']).toBe(CAPPED)
  })
})

const USAGE_EVENTS: Readonly<Record<string, string | undefined>> = {
  '/v1/messages': 'message_delta',
  '/v1/responses': 'response.completed',
}

const WORDS_OF_BOUND: Readonly<Record<string, string>> = {
  responses: 'max_output_tokens',
  'messages by chat': 'max_completion_tokens',
}

function columnsOf(it: Counted): Record<string, number> {
  return Object.fromEntries(COUNTED.map((bucket) => [`${bucket}_tokens`, it[bucket]]))
}

/** Buckets that the price book leaves out cost what their side does. */
function costOf(it: Counted): number {
  const { input, output } = PRICE
  const others = { cache_write_30m: input, audio_in: input, image_in: input }
  const rates = { ...PRICE, ...others, reasoning: output, audio_out: output, image_out: output }
  return COUNTED.reduce((sum, bucket) => sum + it[bucket] * rates[bucket], 0)
}

/** What a repeat costs is nothing, and so told otherwise. */
function withoutCost({ text }: Heard): string {
  return text.replace(/,"trimtab":\{"cost_usd":[\d.e-]+\}/, '')
}
