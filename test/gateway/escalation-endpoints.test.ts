/** What does not suffice is heard in every API's own words: Anthropic's messages and OpenAI's responses, and chat that is asked by messages. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { toldText } from '../support/told-text.ts'
import { recorded, startTiered, type Tiered } from './escalation-setup.ts'

const TEXT = 'Which way does the rudder turn?'
const ANSWER = `You said: ${TEXT}`
const SIGNALS = {
  refusal: 'refused',
  nothing: 'empty',
  loop: 'loops',
  'wrong-call': 'invalid_json',
} as const
const PROVIDERS = ['claude', 'direct'] as const

let tiered: Tiered

beforeAll(async () => {
  const bad = PROVIDERS.flatMap((provider) =>
    Object.keys(SIGNALS).map(
      (said) => [`${provider}-${said}`, { small: `${provider}/says-${said}` }] as const,
    ),
  )
  const good = PROVIDERS.map((provider) => [`${provider}-good`, { small: `${provider}/m` }] as const)
  tiered = await startTiered(Object.fromEntries([...bad, ...good]))
})

afterAll(() => tiered.stop())

const parameters = { type: 'object', properties: { way: { type: 'string' } }, required: ['way'] }

/** Native to the provider, but for chat. */
const ASKING = {
  messages: {
    path: '/v1/messages',
    body: { max_tokens: 300, messages: [{ role: 'user', content: TEXT }] },
    tools: [{ name: 'turn', input_schema: parameters }],
  },
  responses: {
    path: '/v1/responses',
    body: { input: TEXT, store: false },
    tools: [{ type: 'function', name: 'turn', parameters, strict: false }],
  },
  chat: {
    path: '/v1/chat/completions',
    body: { messages: [{ role: 'user', content: TEXT }] },
    tools: [{ type: 'function', function: { name: 'turn', parameters } }],
  },
} as const

const CASES = [
  ['claude', 'messages'],
  ['claude', 'chat'],
  ['claude', 'responses'],
  ['direct', 'responses'],
] as const

describe.each(CASES)('%s, asked by %s', (provider, endpoint) => {
  const { path, body, tools } = ASKING[endpoint]

  describe.each([false, true])('streamed: %s', (stream) => {
    it.each(Object.entries(SIGNALS))('%s is %s', async (said, signal) => {
      const asked = {
        ...body,
        model: `${provider}-${said}`,
        stream,
        ...(said === 'wrong-call' ? { tools } : {}),
      }
      const heard = await ask(tiered.trimtab.origin, asked, { path })
      expect(heard.status).toBe(200)
      expect(heard.headers['x-trimtab-tier']).toBe('large')
      if (said !== 'wrong-call') expect(toldText(endpoint, stream, heard)).toBe(ANSWER)
      const { attempts, decision } = await recorded(tiered.trimtab, heard.headers['x-trimtab-request-id'])
      expect(attempts.map(({ outcome }) => outcome)).toEqual(['insufficient', 'answered'])
      expect(decision.attempts[0]?.insufficiency?.signal).toBe(signal)
      // What was counted is billed as it was counted, also of a stream that nobody was told.
      expect(attempts.map(({ usage }) => usage)).toEqual([
        said === 'loop' && stream ? expect.anything() : 'reported',
        'reported',
      ])
    })

    it('what suffices is told, calls too', async () => {
      const asked = { ...body, model: `${provider}-good`, stream }
      const heard = await ask(tiered.trimtab.origin, asked, { path })
      expect(toldText(endpoint, stream, heard)).toBe(ANSWER)
      expect(heard.headers['x-trimtab-tier']).toBe('small')
      const called = await ask(tiered.trimtab.origin, { ...asked, tools }, { path })
      expect(called.headers['x-trimtab-tier']).toBe('small')
      expect(called.text).toContain('turn')
    })
  })
})
