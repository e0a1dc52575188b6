/** How sure a small model was of its tokens decides whether its answer is told; the caller sees nothing of the asking. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ask, chat, contentOf, eventsOf } from '../support/ask.ts'
import { toldText } from '../support/told-text.ts'
import { recorded, seenOf, startTiered, type Tiered } from './escalation-setup.ts'

const ANSWER = 'You said: Which way does the rudder turn?'
const CONFIDENT = 'escalate: { when: { confidence: { below: 0.6 } } }'

let tiered: Tiered
let users = 0
let user: string

beforeAll(async () => {
  tiered = await startTiered({
    sure: { small: 'small/m', more: CONFIDENT },
    unsure: { small: 'small/unsure', more: CONFIDENT },
    blind: { small: 'plain/unsure', more: CONFIDENT },
    without: { small: 'small/m' },
  })
})

afterAll(() => tiered.stop())

beforeEach(() => {
  user = `user-${++users}`
})

describe.each([false, true])('streamed: %s', (stream) => {
  it('an unsure answer is not told: the large tier answers', async () => {
    const heard = await ask(tiered.trimtab.origin, chat('unsure', { stream, user }))
    expect(heard.headers['x-trimtab-tier']).toBe('large')
    expect(contentOf(heard)).toBe(ANSWER)
    const { attempts, decision } = await recorded(tiered.trimtab, heard.headers['x-trimtab-request-id'])
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['insufficient', 'answered'])
    expect(decision.attempts[0]?.insufficiency).toEqual({
      signal: 'confidence',
      value: 0.05,
      threshold: 0.6,
      by: 'logprobs',
    })
    expect(seenOf(tiered.large, user)[0]?.body).not.toHaveProperty('logprobs')
  })

  it('a sure one is told as if nobody had asked for probabilities', async () => {
    const heard = await ask(tiered.trimtab.origin, chat('sure', { stream, user }))
    expect(heard.headers['x-trimtab-tier']).toBe('small')
    const asked = seenOf(tiered.small, user)[0]?.body
    expect(asked).toMatchObject({ logprobs: true, top_logprobs: 2 })
    const { decision } = await recorded(tiered.trimtab, heard.headers['x-trimtab-request-id'])
    expect(decision.edits).toContain('logprobs')
    const plain = await ask(tiered.trimtab.origin, chat('without', { stream, user }))
    expect(meaning(heard.text, stream)).toEqual(meaning(plain.text, stream))
  })

  it('a caller that asks for probabilities gets what it asked for', async () => {
    const heard = await ask(
      tiered.trimtab.origin,
      chat('sure', { stream, user, logprobs: true, top_logprobs: 1 }),
    )
    expect(heard.headers['x-trimtab-tier']).toBe('small')
    expect(heard.text).toContain('"top_logprobs"')
    expect(seenOf(tiered.small, user)[0]?.body).toMatchObject({ top_logprobs: 1 })
  })

  it('a server that is not known to tell probabilities is not asked for them', async () => {
    const heard = await ask(tiered.trimtab.origin, chat('blind', { stream, user }))
    expect(heard.headers['x-trimtab-tier']).toBe('small')
    expect(seenOf(tiered.small, user)[0]?.body).not.toHaveProperty('logprobs')
  })

  it.each([
    ['responses', '/v1/responses', { input: 'Which way does the rudder turn?', store: false }],
    [
      'messages',
      '/v1/messages',
      { max_tokens: 99, messages: [{ role: 'user', content: 'Which way does the rudder turn?' }] },
    ],
  ] as const)('%s are judged by chat’s probabilities, and told without', async (endpoint, path, body) => {
    const sure = await ask(tiered.trimtab.origin, { ...body, model: 'sure', stream }, { path })
    expect(sure.headers['x-trimtab-tier']).toBe('small')
    expect(toldText(endpoint, stream, sure)).toBe(ANSWER)
    expect(sure.text).not.toContain('"logprob"')
    const unsure = await ask(tiered.trimtab.origin, { ...body, model: 'unsure', stream }, { path })
    expect(unsure.headers['x-trimtab-tier']).toBe('large')
    expect(toldText(endpoint, stream, unsure)).toBe(ANSWER)
  })
})

it('one byte at a time, the caller is told the same', async () => {
  const whole = await ask(tiered.trimtab.origin, chat('sure', { stream: true, user }))
  tiered.small.script([{ kind: 'drip', ms: 0 }])
  const dripped = await ask(tiered.trimtab.origin, chat('sure', { stream: true, user }))
  expect(meaning(dripped.text, true)).toEqual(meaning(whole.text, true))
})

/** Parsed, without what differs from one answer to the next. */
function meaning(text: string, stream: boolean): unknown {
  const parts = stream ? eventsOf({ text }) : [text]
  return parts.map((part) => {
    if (part === '[DONE]') return part
    const { id: _, created: __, ...rest } = JSON.parse(part) as Record<string, unknown>
    return rest
  })
}
