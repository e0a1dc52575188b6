/** The mock keeps prompts by the rules that are published. */
import { describe, expect, test } from 'vitest'
import { AnthropicPromptCache, refusedMarks } from './anthropic-prompt-cache.ts'
import { OpenaiPromptCache, refusedMember } from './openai-prompt-cache.ts'

const MINUTE = 60_000
const ephemeral = (ttl?: string) => ({ cache_control: { type: 'ephemeral', ...(ttl ? { ttl } : {}) } })
const text = (size: number, seed = 'x') => seed.repeat(size)

describe("Anthropic's", () => {
  const block = (seed: string, more: object = {}) => ({ type: 'text', text: text(6000, seed), ...more })
  const body = (blocks: object[], model = 'claude-sonnet-5-5') => ({
    model,
    messages: [{ role: 'user', content: blocks }],
  })

  test('is read for five minutes since its last use, by one organisation and model', () => {
    let now = 0
    const cache = new AnthropicPromptCache(() => now)
    const count = (organisation = 'a', model?: string) =>
      cache.count(organisation, body([block('a', ephemeral()), block('b')], model), 1)
    const first = count()
    expect(first.cache_write_5m).toBeGreaterThan(1500)
    expect(first.input).toBeGreaterThan(1500)
    for (let times = 0; times < 3; times++) {
      now += 4 * MINUTE
      expect(count()).toMatchObject({ cache_read: first.cache_write_5m, cache_write_5m: 0 })
    }
    expect(count('b').cache_read).toBe(0)
    expect(count('a', 'claude-opus-5').cache_read).toBe(0)
    now += 6 * MINUTE
    expect(count()).toMatchObject({ cache_read: 0, cache_write_5m: first.cache_write_5m })
  })

  test('is read for an hour where that is asked for', () => {
    let now = 0
    const cache = new AnthropicPromptCache(() => now)
    const marked = body([block('a', ephemeral('1h'))])
    const { cache_write_1h: written } = cache.count('a', marked, 1)
    now += 50 * MINUTE
    expect(cache.count('a', marked, 1).cache_read).toBe(written)
  })

  test('skips what is too short, and looks 20 blocks back', () => {
    const cache = new AnthropicPromptCache(() => 0)
    const short = body([{ type: 'text', text: text(2000), ...ephemeral() }])
    expect(cache.count('a', short, 1)).toMatchObject({ cache_write_5m: 0 })
    cache.count('a', body([block('a', ephemeral())]), 1)
    const behind = (blocks: number) =>
      cache.count(
        'a',
        body([block('a'), ...Array.from({ length: blocks - 1 }, () => block('b')), block('c', ephemeral())]),
        1,
      )
    expect(behind(20).cache_read).toBe(0)
    expect(behind(19).cache_read).toBeGreaterThan(1500)
  })

  test('refuses a fifth mark, and an hour behind five minutes', () => {
    const marks = Array.from({ length: 5 }, (_, index) => block(`${index}`, ephemeral()))
    expect(refusedMarks(body(marks))).toContain('Found 5')
    expect(refusedMarks(body(marks.slice(1)))).toBeUndefined()
    expect(refusedMarks(body([block('a', ephemeral()), block('b', ephemeral('1h'))]))).toContain(
      'must not come after',
    )
  })
})

describe("OpenAI's", () => {
  const said = { output: 1, reasoning: 0 }
  const body = (model: string, suffix: string, more: object = {}) => ({
    model,
    messages: [
      { role: 'system', content: [{ type: 'text', text: text(8000), ...more }] },
      { role: 'user', content: suffix },
    ],
  })

  test('before GPT-5.6 is read in steps of 128 tokens, by requests of the same key', () => {
    const cache = new OpenaiPromptCache(() => 0)
    expect(cache.count('a', body('gpt-5.5', 'one'), said).cache_read).toBe(0)
    const { cache_read: read } = cache.count('a', body('gpt-5.5', 'two'), said)
    expect(read % 128).toBe(0)
    expect(read).toBeGreaterThan(1800)
    expect(cache.count('a', { ...body('gpt-5.5', 'three'), prompt_cache_key: 'k' }, said).cache_read).toBe(0)
  })

  test('has one machine for 15 requests a minute', () => {
    const cache = new OpenaiPromptCache(() => 0)
    const reads = Array.from(
      { length: 17 },
      (_, index) => cache.count('a', body('gpt-5.5', `${index}`), said).cache_read > 0,
    )
    expect(reads.indexOf(true)).toBe(1)
    expect(reads.lastIndexOf(false)).toBe(15)
  })

  test('since GPT-5.6 is read where breakpoints stand', () => {
    const cache = new OpenaiPromptCache(() => 0)
    const mark = { prompt_cache_breakpoint: { mode: 'explicit' } }
    cache.count('a', body('gpt-5.6-sol', 'one'), said)
    expect(cache.count('a', body('gpt-5.6-sol', 'two'), said)).toMatchObject({ cache_read: 0 })
    const { cache_write_30m: written } = cache.count('a', body('gpt-5.6-sol', 'three', mark), said)
    expect(written).toBeGreaterThan(2000)
    const { cache_read: read } = cache.count('a', body('gpt-5.6-sol', 'four', mark), said)
    expect(read).toBeGreaterThan(1900)
    const none = { ...body('gpt-5.6-sol', 'five'), prompt_cache_options: { mode: 'explicit' } }
    expect(cache.count('a', none, said)).toMatchObject({ cache_read: 0, cache_write_30m: 0 })
  })

  test('refuses breakpoints to older models', () => {
    expect(refusedMember(body('gpt-5.5', 'x', { prompt_cache_breakpoint: { mode: 'explicit' } }))).toBe(
      'prompt_cache_breakpoint',
    )
    expect(refusedMember({ model: 'gpt-5.5', prompt_cache_options: {} })).toBe('prompt_cache_options')
    expect(refusedMember({ model: 'gpt-5.6-sol', prompt_cache_options: {} })).toBeUndefined()
  })
})
