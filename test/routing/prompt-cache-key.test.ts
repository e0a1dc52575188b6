import { expect, it } from 'vitest'
import { PromptCacheKeys } from '../../src/routing/prompt-cache-key.ts'
import { TextHash, textDigest } from '../../src/routing/text-hash.ts'
import { OpenaiPromptCache } from '../support/mock-provider/openai-prompt-cache.ts'

const MINUTE = 60_000
const PREFIX = textDigest('a prompt')

function conversation(index: number): number {
  const hash = new TextHash()
  hash.addText(`conversation ${index}`)
  return hash.value
}

it('is one for a quiet prompt, and short enough for OpenAI', () => {
  const keys = new PromptCacheKeys()
  const seen = new Set<string>()
  for (let index = 0; index < 30; index++) seen.add(keys.used(PREFIX, conversation(index), index * 6000))
  expect([...seen]).toEqual([`trimtab-${PREFIX}`])
})

it.each([20, 60, 240, 700])(
  'spreads %i requests a minute so that few keys have more than 15',
  (perMinute) => {
    const keys = new PromptCacheKeys()
    let counts = new Map<string, number>()
    for (let minute = 0; minute < 3; minute++) {
      counts = new Map()
      for (let index = 0; index < perMinute; index++) {
        const at = minute * MINUTE + Math.floor((index * MINUTE) / perMinute)
        const key = keys.used(PREFIX, conversation(index), at)
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
    }
    const shards = 2 ** Math.ceil(Math.log2(perMinute / 10))
    expect(counts.size).toBe(shards)
    // By hashing, so that some have more than their share.
    expect(Math.max(...counts.values())).toBeLessThan(25)
    expect(Math.max(...[...counts.keys()].map((key) => key.length))).toBeLessThanOrEqual(64)
  },
)

it('keeps a conversation with its key while traffic stays as it is, and tells the same without counting', () => {
  const keys = new PromptCacheKeys()
  const keyOf = (minute: number): string => {
    let key = ''
    for (let index = 0; index < 100; index++)
      key = keys.used(PREFIX, conversation(index % 10 === 0 ? 7 : index), minute * MINUTE)
    return keys.look(PREFIX, conversation(7)) + (key === '' ? '?' : '')
  }
  const first = keyOf(1)
  expect(keyOf(2)).toBe(first)
  expect(keyOf(3)).toBe(first)
  expect(new PromptCacheKeys().look(PREFIX, conversation(7))).toBe(`trimtab-${PREFIX}`)
})

it('comes back to one key once it is quiet', () => {
  const keys = new PromptCacheKeys()
  for (let index = 0; index < 200; index++) keys.used(PREFIX, conversation(index), 0)
  expect(keys.look(PREFIX, conversation(1))).not.toBe(`trimtab-${PREFIX}`)
  for (let minute = 1; minute < 12; minute++) keys.used(PREFIX, conversation(1), minute * MINUTE)
  expect(keys.look(PREFIX, conversation(1))).toBe(`trimtab-${PREFIX}`)
})

/** Share of input that is read, of conversations that begin alike: 120 requests a minute for ten minutes. */
function readShare(keyOf: (conversation: number, nowMs: number) => string | undefined): number {
  let nowMs = 0
  const cache = new OpenaiPromptCache(() => nowMs)
  const head = { role: 'system', content: 'rule '.repeat(1200) }
  let read = 0
  let all = 0
  for (let request = 0; request < 1200; request++) {
    nowMs = request * 500
    // 60 at a time, five turns each.
    const index = Math.floor(request / 300) * 60 + (request % 60)
    const turn = Math.floor((request % 300) / 60)
    const messages = [head]
    for (let at = 0; at <= turn; at++) messages.push({ role: 'user', content: `${index} ${at} `.repeat(300) })
    const key = keyOf(conversation(index), nowMs)
    const body = { model: 'gpt-5.5', messages, ...(key === undefined ? {} : { prompt_cache_key: key }) }
    const counted = cache.count('a', body, { output: 1, reasoning: 0 })
    read += counted.cache_read
    all += counted.cache_read + counted.input
  }
  return read / all
}

it('has more of busy prompts read than without keys, and than with one key', () => {
  const keys = new PromptCacheKeys()
  const none = readShare(() => undefined)
  const one = readShare(() => 'one')
  const ours = readShare((name, nowMs) => keys.used(PREFIX, name, nowMs))
  expect(one).toBeCloseTo(none, 1)
  expect(ours).toBeGreaterThan(none + 0.05)
})
