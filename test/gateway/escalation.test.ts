/** An answer that does not suffice is not told: the next tier is asked, once, and both are billed. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ask, chat, contentOf, startAsking } from '../support/ask.ts'
import { toldText } from '../support/told-text.ts'
import { recorded, seenOf, startTiered, type Tiered } from './escalation-setup.ts'

const ANSWER = 'You said: Which way does the rudder turn?'
const BAD = ['refusal', 'nothing', 'loop'] as const
const SIGNALS = { refusal: 'refused', nothing: 'empty', loop: 'loops' } as const

let tiered: Tiered
let users = 0
let user: string

beforeAll(async () => {
  tiered = await startTiered({
    ...Object.fromEntries(BAD.map((said) => [said, { small: `small/says-${said}` }])),
    good: { small: 'small/m' },
    hopeless: { small: 'small/says-refusal', large: 'large/says-nothing' },
    json: { small: 'small/says-half-json', large: 'large/big' },
    schema: { small: 'small/says-wrong-json' },
    calls: { small: 'small/says-wrong-call' },
    falls: { small: 'small/chaos-status-503, small/says-refusal, small/m' },
    down: { small: 'small/says-refusal, small/m', large: 'large/chaos-status-503' },
    slow: { small: 'small/chaos-black-hole', more: 'escalate: { when: { slower_than: 150ms } }' },
    stalls: {
      small: 'small/chaos-stall-mid',
      more: 'escalate: { when: { slower_than: 150ms }, hold: whole }',
    },
    off: { small: 'small/says-refusal', more: 'escalate: off' },
    tolerant: { small: 'small/says-nothing', more: 'escalate: { when: { empty: off } }' },
    thrifty: {
      small: 'small/says-refusal',
      more: 'escalate: on\nbudgets: [{ per: day, limit: 1 usd, at: { 0%: { degrade: small } } }]',
    },
    dear: {
      small: 'small/says-refusal',
      more: 'escalate: on\nbudgets: [{ per: day, limit: 0.01 usd, at: { 100%: block } }]',
    },
  })
})

afterAll(() => tiered.stop())

beforeEach(() => {
  user = `user-${++users}`
  tiered.small.script([])
  tiered.large.script([])
})

const endpoints = [
  ['chat', '/v1/chat/completions'],
  ['responses', '/v1/responses'],
  ['messages', '/v1/messages'],
] as const

function asking(endpoint: (typeof endpoints)[number][0], model: string, stream: boolean) {
  const text = 'Which way does the rudder turn?'
  if (endpoint === 'responses') return { model, input: text, stream, user, store: false }
  const messages = [{ role: 'user', content: text }]
  if (endpoint === 'chat') return { model, messages, stream, user }
  return { model, messages, stream, max_tokens: 200, metadata: { user_id: user } }
}

describe.each([false, true])('streamed: %s', (stream) => {
  describe.each(endpoints)('by %s', (endpoint, path) => {
    it.each(BAD)('%s is not told: the large tier answers', async (said) => {
      const heard = await ask(tiered.trimtab.origin, asking(endpoint, said, stream), { path })
      expect(heard.status).toBe(200)
      expect(toldText(endpoint, stream, heard)).toBe(ANSWER)
      expect(heard.headers['x-trimtab-tier']).toBe('large')
      const { tier, attempts, decision } = await recorded(
        tiered.trimtab,
        heard.headers['x-trimtab-request-id'],
      )
      expect(tier).toBe('large')
      expect(attempts.map(({ outcome }) => outcome)).toEqual(['insufficient', 'answered'])
      expect(decision.attempts[0]?.insufficiency?.signal).toBe(SIGNALS[said])
      expect(attempts.every(({ cost }) => cost !== null && cost > 0)).toBe(true)
      if (!stream)
        expect(Math.round(Number(heard.headers['x-trimtab-cost-usd']) * 1e9)).toBe(
          attempts.reduce((sum, { cost }) => sum + (cost ?? 0), 0),
        )
    })

    it('an answer that suffices is told, and nobody else is asked', async () => {
      const before = tiered.large.count
      const heard = await ask(tiered.trimtab.origin, asking(endpoint, 'good', stream), { path })
      expect(toldText(endpoint, stream, heard)).toBe(ANSWER)
      expect(heard.headers['x-trimtab-tier']).toBe('small')
      expect(tiered.large.count).toBe(before)
    })
  })

  it('what the last tier says is told as it is', async () => {
    const heard = await ask(tiered.trimtab.origin, chat('hopeless', { stream, user }))
    expect(heard.status).toBe(200)
    expect(contentOf(heard)).toBe('')
    expect(heard.headers['x-trimtab-tier']).toBe('large')
  })

  it('what does not suffice is told where nobody has a better answer', async () => {
    const heard = await ask(tiered.trimtab.origin, chat('down', { stream, user }))
    expect(heard.status).toBe(200)
    expect(contentOf(heard)).toBe("I'm sorry, but I can't help with that.")
    expect(heard.headers['x-trimtab-tier']).toBe('small')
    expect(seenOf(tiered.small, user)).toHaveLength(1)
    const { attempts, status, decision } = await recorded(
      tiered.trimtab,
      heard.headers['x-trimtab-request-id'],
    )
    expect(status).toBe(200)
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['insufficient', 'failed'])
    expect(decision.reasons).toContain('small/says-refusal is told for want of a better answer.')
  })

  it('as it is where a budget holds the workflow to its small tier', async () => {
    const heard = await ask(tiered.trimtab.origin, chat('thrifty', { stream, user }))
    expect(heard.headers['x-trimtab-tier']).toBe('small')
    const { attempts } = await recorded(tiered.trimtab, heard.headers['x-trimtab-request-id'])
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['answered'])
    expect(seenOf(tiered.large, user)).toEqual([])
  })

  it('and so it is where a budget does not hold the larger model', async () => {
    const heard = await ask(tiered.trimtab.origin, chat('dear', { stream, user, max_tokens: 4000 }))
    expect(heard.status).toBe(200)
    expect(contentOf(heard)).toBe("I'm sorry, but I can't help with that.")
  })

  it('a fault falls over within the tier, an answer that does not suffice leaves it', async () => {
    const heard = await ask(tiered.trimtab.origin, chat('falls', { stream, user }))
    expect(contentOf(heard)).toBe(ANSWER)
    const { attempts } = await recorded(tiered.trimtab, heard.headers['x-trimtab-request-id'])
    expect(attempts.map(({ model, outcome }) => [model, outcome])).toEqual([
      ['chaos-status-503', 'failed'],
      ['says-refusal', 'insufficient'],
      ['big', 'answered'],
    ])
  })

  it.each(['slow', 'stalls'])('%s: the large tier answers in its place', async (workflow) => {
    const heard = await ask(tiered.trimtab.origin, chat(workflow, { stream, user }))
    expect(contentOf(heard)).toBe(ANSWER)
    const { attempts, decision } = await recorded(tiered.trimtab, heard.headers['x-trimtab-request-id'])
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['insufficient', 'answered'])
    expect(decision.attempts[0]?.insufficiency).toMatchObject({ signal: 'slow', threshold: 150 })
  })

  it.each(['off', 'tolerant'])(
    '%s: nothing is looked at that the policy does not ask for',
    async (workflow) => {
      const heard = await ask(tiered.trimtab.origin, chat(workflow, { stream, user }))
      expect(heard.headers['x-trimtab-tier']).toBe('small')
      expect(seenOf(tiered.large, user)).toEqual([])
    },
  )

  it('JSON that is none, or breaks its schema, is not told', async () => {
    const schema = { type: 'object', properties: { heard: { type: 'string' } }, required: ['heard'] }
    const formats = {
      json: { type: 'json_object' },
      schema: { type: 'json_schema', json_schema: { name: 'a', schema } },
    }
    for (const [workflow, response_format] of Object.entries(formats)) {
      const heard = await ask(tiered.trimtab.origin, chat(workflow, { stream, user, response_format }))
      expect(JSON.parse(contentOf(heard))).toHaveProperty('heard')
      const { decision } = await recorded(tiered.trimtab, heard.headers['x-trimtab-request-id'])
      expect(decision.attempts[0]?.insufficiency?.signal).toBe('invalid_json')
    }
    // As text it will do.
    const heard = await ask(tiered.trimtab.origin, chat('json', { stream, user }))
    expect(heard.headers['x-trimtab-tier']).toBe('small')
  })

  it("a call that breaks its tool's schema is not told, and one that keeps to it is", async () => {
    const parameters = { type: 'object', properties: { way: { type: 'string' } }, required: ['way'] }
    const tools = [{ type: 'function', function: { name: 'turn', parameters } }]
    const heard = await ask(tiered.trimtab.origin, chat('calls', { stream, user, tools }))
    expect(heard.headers['x-trimtab-tier']).toBe('large')
    expect(heard.text).toContain('turn')
    expect(heard.text).not.toContain('unexpected')
    const kept = await ask(tiered.trimtab.origin, chat('good', { stream, user, tools }))
    expect(kept.headers['x-trimtab-tier']).toBe('small')
    expect(kept.text).toContain('turn')
  })
})

it('a model that the caller names is told however it answers', async () => {
  const heard = await ask(tiered.trimtab.origin, chat('small/says-refusal', { user }), {
    headers: { 'x-trimtab-workflow': 'elsewhere' },
  })
  expect(contentOf(heard)).toBe("I'm sorry, but I can't help with that.")
})

it('a caller that leaves while an answer is held back ends the call, and no other is made', async () => {
  tiered.small.script([{ kind: 'stall_mid' }])
  const asking = startAsking(tiered.trimtab.origin, chat('good', { stream: true, user }))
  await tiered.small.until(() => seenOf(tiered.small, user).length === 1)
  asking.leave()
  await tiered.small.until(() => seenOf(tiered.small, user)[0]?.end === 'aborted')
  await asking.heard
  expect(seenOf(tiered.large, user)).toEqual([])
})

it('a stream tells what both attempts cost, where its caller asks for usage', async () => {
  const heard = await ask(
    tiered.trimtab.origin,
    chat('refusal', { stream: true, stream_options: { include_usage: true }, user }),
  )
  const told = /"trimtab":\{"cost_usd":([\d.e-]+)\}/.exec(heard.text)?.[1]
  const { attempts } = await recorded(tiered.trimtab, heard.headers['x-trimtab-request-id'])
  expect(Math.round(Number(told) * 1e9)).toBe(attempts.reduce((sum, { cost }) => sum + (cost ?? 0), 0))
})

it('escalations are counted by tier and reason', async () => {
  const before = await counted()
  await ask(tiered.trimtab.origin, chat('refusal', { user }))
  expect(await counted()).toBe(before + 1)
})

async function counted(): Promise<number> {
  const { text } = await ask(tiered.trimtab.origin, '', { path: '/metrics', method: 'GET' })
  const line = /^trimtab_escalations_total\{workflow="refusal",tier="small",reason="refused"\} (\d+)$/m
  return Number(line.exec(text)?.[1] ?? 0)
}
