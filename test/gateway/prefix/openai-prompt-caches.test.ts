/** OpenAI's prompt cache is told whose prompts are alike and what to keep of them: a provider that really keeps it shows what came of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Caching, type Fields, RULES, startCaching, turns } from './prompt-caches-setup.ts'

let caching: Caching

beforeAll(async () => {
  caching = await startCaching()
})

afterAll(async () => {
  await caching.stop()
})

beforeEach(() => {
  caching.anew()
})

describe('a caller of OpenAI', () => {
  const chat = (model: string, count: number, seed?: string): Fields => ({
    model: `openai/${model}`,
    messages: [{ role: 'system', content: RULES }, ...turns(count, seed)],
  })
  const responses = (model: string, count: number, seed?: string): Fields => ({
    model: `openai/${model}`,
    input: [{ role: 'developer', content: RULES }, ...turns(count, seed)],
  })

  it('has a key of its workflow’s, the same in each turn and for each conversation', async () => {
    const one = await caching.post('/v1/chat/completions', chat('gpt-5.5', 1))
    const key = one.body.prompt_cache_key
    expect(key).toMatch(/^trimtab-[0-9a-f]{16}$/)
    const two = await caching.post('/v1/responses', { ...responses('gpt-5.5', 2), store: false })
    expect(two.body.prompt_cache_key).toMatch(/^trimtab-/)
    expect((await caching.post('/v1/chat/completions', chat('gpt-5.5', 2))).body.prompt_cache_key).toBe(key)
    expect(
      (await caching.post('/v1/chat/completions', chat('gpt-5.5', 1, 'other'))).body.prompt_cache_key,
    ).toBe(key)
    expect(
      (await caching.post('/v1/chat/completions', chat('gpt-5.5', 1), 'kept')).body.prompt_cache_key,
    ).not.toBe(key)
  })

  it.each([
    ['chat', '/v1/chat/completions', chat],
    ['responses', '/v1/responses', responses],
  ] as const)(
    'since GPT-5.6 has %s read up to its breakpoints, where without them nothing is',
    async (_, path, request) => {
      const shares = []
      for (const name of ['off', caching.workflow]) {
        let read = 0
        let all = 0
        for (const seed of ['a', 'b', 'c']) {
          for (const count of [1, 2, 3]) {
            const { counted } = await caching.post(
              path,
              request('gpt-5.6-sol', count, `${name}${seed}`),
              name,
            )
            read += counted.cache_read
            all += counted.input + counted.cache_read + counted.cache_write_30m
          }
        }
        shares.push(read / all)
      }
      expect(shares[0]).toBe(0)
      expect(shares[1]).toBeGreaterThan(0.6)
    },
  )

  it('since GPT-5.6 pays for no writing in the end, where nothing is ever sent again', async () => {
    let written = 0
    for (let index = 0; index < 40; index++) {
      const { counted } = await caching.post('/v1/chat/completions', {
        model: 'openai/gpt-5.6-sol',
        messages: [{ role: 'system', content: `At ${index}: ${RULES}` }, ...turns(1, `${index}`)],
      })
      if (counted.cache_write_30m > 0) written++
    }
    expect(written).toBeLessThan(15)
  })

  it('is asked to keep prompts for a day only where a policy says so, of models that can', async () => {
    expect((await caching.post('/v1/chat/completions', chat('gpt-5.5', 1))).body).not.toHaveProperty(
      'prompt_cache_retention',
    )
    const kept = await caching.post('/v1/chat/completions', chat('gpt-5.5', 1), 'kept')
    expect(kept.body.prompt_cache_retention).toBe('24h')
    expect((await caching.post('/v1/chat/completions', chat('gpt-4o', 1), 'kept')).body).not.toHaveProperty(
      'prompt_cache_retention',
    )
  })

  it('keeps words of its own', async () => {
    const own = { prompt_cache_key: 'mine', prompt_cache_options: { mode: 'implicit' } }
    const { seen } = await caching.post('/v1/chat/completions', { ...chat('gpt-5.6-sol', 2), ...own })
    expect(Buffer.from(seen.bytes).toString()).toBe(
      JSON.stringify({ ...chat('gpt-5.6-sol', 2), ...own }).replace('openai/', ''),
    )
  })

  it('sends other servers of its API nothing', async () => {
    const { body } = await caching.post('/v1/chat/completions', {
      ...chat('gpt-5.6-sol', 2),
      model: 'vllm/gpt-5.6-sol',
    })
    expect(Object.keys(body)).toEqual(['model', 'messages'])
    expect(JSON.stringify(body)).not.toContain('cache')
  })
})
