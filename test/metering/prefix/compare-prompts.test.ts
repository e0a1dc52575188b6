import { beforeEach, describe, expect, test } from 'vitest'
import { PromptComparer, type PromptFinding } from '../../../src/metering/prefix/compare-prompts.ts'
import { askedPrompt, LONG, said } from './asked-prompts.ts'

let comparer: PromptComparer

beforeEach(() => {
  comparer = new PromptComparer(() => 0.42)
})

const compare = (...asked: Parameters<typeof askedPrompt>) => comparer.compare(askedPrompt(...asked))
const turns = (...contents: string[]) => ({
  messages: contents.map((content, index) =>
    said(['system', 'user', 'assistant'][index === 0 ? 0 : 2 - (index % 2)] ?? '', content),
  ),
})

describe('where prompts differ', () => {
  test('the first of a workflow is compared with nothing, and other workflows, tenants, models and accounts are others', () => {
    expect(compare(turns(LONG, 'one'))).toBeUndefined()
    for (const other of [{ workflow: 'w' }, { tenant: 't' }, { model: 'm' }, { account: 'a' }]) {
      expect(compare(turns(LONG, 'one'), other)).toBeUndefined()
    }
    expect(compare(turns(LONG, 'one'))).toBeDefined()
  })

  test('a conversation that goes on, and another question to the same beginning, differ at their end', () => {
    compare(turns(LONG, 'one'))
    expect(compare(turns(LONG, 'one', 'first answer', 'two'))?.divergence.place).toBe('end')
    expect(
      compare(turns(LONG, 'one', 'first answer', 'two', 'second answer', 'three'))?.divergence.place,
    ).toBe('end')
    expect(compare(turns(LONG, 'another question'))?.divergence.place).toBe('end')
  })

  test.each([
    ['Today is 2026-11-25, 14:03:11 UTC. ', 'Today is 2026-11-26, 09:47:59 UTC. ', 9, 'time'],
    ['The time is 9:59 AM. ', 'The time is 10:00 AM. ', 12, 'time'],
    ['It is Wednesday. ', 'It is Thursday. ', 6, 'time'],
    ['On Nov 25, 2026 ', 'On Nov 26, 2026 ', 3, 'time'],
    ['On 25 November 2026 ', 'On 26 November 2026 ', 3, 'time'],
    ['Now: 1764072000 ', 'Now: 1764072099 ', 5, 'time'],
    [
      'Request 6f1c1a52-0e0b-4a4e-9a51-0c6a8f0f3a11 ',
      'Request 00000000-0e0b-4a4e-9a51-0c6a8f0f3a12 ',
      8,
      'id',
    ],
    ['Trace req_8fK2mZ0pQ1xYw7Lb ', 'Trace req_9aB3nZ0pQ1xYw7Lc ', 6, 'id'],
    ['Queue length 17. ', 'Queue length 1204. ', 13, 'number'],
  ] as const)('%j before %j: character %i of the system message, %s', (one, other, character, what) => {
    compare(turns(one + LONG, 'ask'))
    const { divergence, movable, missed } = compare(turns(other + LONG, 'ask')) as PromptFinding
    expect(divergence).toEqual({ place: 'system', message: 0, character, what })
    // All of the prompt, in steps of 128 tokens.
    expect(movable.tokens).toBeGreaterThan(1900)
    expect(movable.nanoUsd).toBe(movable.tokens * 3600)
    expect(missed).toEqual({ tokens: 0, nanoUsd: 0 })
  })

  test('words that differ are no time, and nothing is said to be won', () => {
    compare(turns(`You serve Alice Smith. ${LONG}`, 'ask'))
    const found = compare(turns(`You serve Bob Miller. ${LONG}`, 'ask'))
    expect(found?.divergence).toMatchObject({ place: 'system', what: 'text' })
    expect(found?.divergence.character).toBeLessThan(10)
    expect(found?.movable.tokens).toBe(0)
  })

  test('what differs deep in a message is found to within 64 characters', () => {
    compare(turns(`${LONG}${LONG}Now 12:00. ${LONG}`, 'ask'))
    const found = compare(turns(`${LONG}${LONG}Now 12:01. ${LONG}`, 'ask'))
    expect(found?.divergence).toEqual({
      place: 'system',
      message: 0,
      character: 2 * LONG.length + 4,
      what: 'time',
    })
  })

  test('tools that came in another order, ahead of a system message that stayed', () => {
    const tool = (name: string) => ({ type: 'function', function: { name, description: LONG } })
    compare({ tools: [tool('read'), tool('write')], ...turns(LONG, 'ask') })
    const found = compare({ tools: [tool('write'), tool('read')], ...turns(LONG, 'ask') })
    expect(found?.divergence).toMatchObject({ place: 'tools', what: 'text' })
    expect(found?.divergence.character).toBeLessThanOrEqual(37)
  })

  test('a message of a session’s past that was rewritten is named', () => {
    const session = { session: 's' }
    compare(turns(LONG, 'one', 'first', 'two'), session)
    const found = compare(turns(LONG, 'one', 'FIRST', 'two', 'second', 'three'), session)
    expect(found?.divergence).toEqual({ place: 'message', message: 2, character: 0, what: 'text' })
  })

  test('conversations that take turns are told apart, with sessions and without', () => {
    for (const session of [undefined, 'named']) {
      comparer = new PromptComparer(() => 0.42)
      const of = (name: string) => ({ session: session && `${session} ${name}` })
      compare(turns(LONG, 'A1', 'a1', 'A2'), of('a'))
      expect(compare(turns(LONG, 'B1', 'b1', 'B2'), of('b'))?.divergence.place).toBe('conversation')
      expect(compare(turns(LONG, 'A1', 'a1', 'A2', 'a2', 'A3'), of('a'))?.divergence.place).toBe('end')
      expect(compare(turns(LONG, 'B1', 'b1', 'B2', 'b2', 'B3'), of('b'))?.divergence.place).toBe('end')
    }
  })

  test('a date that opens the only message is told, though every message differs at its end', () => {
    compare({ messages: [said('user', `2026-11-25 ${LONG}`)] })
    const found = compare({ messages: [said('user', `2026-11-26 ${LONG}`)] })
    expect(found?.divergence).toEqual({ place: 'message', message: 0, character: 0, what: 'time' })
    expect(found?.movable.tokens).toBeGreaterThan(1900)
  })

  test('marks of what is to be cached move with the turns and are no difference', () => {
    const marked = (text: string) => [{ type: 'text', text, cache_control: { type: 'ephemeral', ttl: '1h' } }]
    const system = [{ type: 'text', text: LONG }]
    compare({ system, messages: [said('user', marked('one'))] }, {}, 'messages')
    const found = compare(
      {
        system,
        messages: [
          said('user', [{ type: 'text', text: 'one' }]),
          said('assistant', 'first'),
          said('user', marked('two')),
        ],
      },
      {},
      'messages',
    )
    expect(found?.divergence.place).toBe('end')
  })

  test('Responses: instructions and input', () => {
    compare({ instructions: `Today is 2026-11-25. ${LONG}`, input: 'ask' }, {}, 'responses')
    const found = compare({ instructions: `Today is 2026-11-26. ${LONG}`, input: 'ask' }, {}, 'responses')
    expect(found?.divergence).toEqual({ place: 'system', message: 0, character: 9, what: 'time' })
  })

  test('of a prompt beyond 64 kB its beginning is compared', () => {
    const long = LONG.repeat(9)
    compare(turns(long, 'one'))
    const found = compare(turns(long, 'two'))
    expect(found?.divergence.place).toBe('end')
    expect(found?.missed.tokens).toBeGreaterThan(15_000)
    expect(found?.missed.tokens).toBeLessThanOrEqual(16_384)
  })
})

describe('what was missed', () => {
  test('what repeats an earlier prompt and was not read, priced as it was billed', () => {
    compare(turns(LONG, 'one'), { inputTokens: 2100 })
    const found = compare(turns(LONG, 'two'), {
      inputTokens: 2100,
      readTokens: 0,
      unread: [1000, 4600, 1100, 3600],
    })
    expect(found?.missed).toEqual({ tokens: 2048, nanoUsd: 1000 * 4600 + 1048 * 3600 })
  })

  test('what was read is not', () => {
    compare(turns(LONG, 'one'), { inputTokens: 2100 })
    const read = compare(turns(LONG, 'two'), { inputTokens: 2100, readTokens: 1920, unread: [180, 3600] })
    expect(read?.missed.tokens).toBe(0)
    const half = compare(turns(LONG, 'six'), { inputTokens: 2100, readTokens: 1024, unread: [1076, 3600] })
    expect(half?.missed).toEqual({ tokens: 1024, nanoUsd: 1024 * 3600 })
  })

  test('nor what was asked while the first was not answered yet, or more than an hour later', () => {
    const first = askedPrompt(turns(LONG, 'one'))
    comparer.compare(first)
    const meanwhile = compare(turns(LONG, 'two'), { startedAt: first.answeredAt - 1 })
    expect(meanwhile?.missed.tokens).toBe(0)
    const late = compare(turns(LONG, 'two'), { startedAt: first.startedAt + 3_700_000 })
    expect(late?.missed.tokens).toBe(0)
  })

  test('nor a beginning that no provider caches, for being short', () => {
    compare(turns(LONG.slice(0, 3000), `one ${LONG}`))
    expect(compare(turns(LONG.slice(0, 3000), `two ${LONG}`))).toMatchObject({
      missed: { tokens: 0 },
      reuseMs: undefined,
    })
  })

  test('how long it took until a beginning was asked again', () => {
    const first = askedPrompt(turns(LONG, 'one'))
    comparer.compare(first)
    expect(compare(turns(LONG, 'two'), { startedAt: first.startedAt + 42_000 })?.reuseMs).toBe(42_000)
  })
})
