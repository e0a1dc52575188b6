import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Inside, startInside } from '../support/start-inside.ts'

const USAGE = { prompt_tokens: 1001, completion_tokens: 3, total_tokens: 1004 }
const FLEX_USD = (1001 * 625 + 3 * 5000) / 1e9

let provider: Server
let trimtab: Inside

beforeAll(async () => {
  // Answers at the tier that it is asked for, as OpenAI does.
  provider = createServer(async (request, answer) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { stream, service_tier } = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
    const common = { id: 'c', object: 'chat.completion', model: 'gpt-5', service_tier }
    const message = { role: 'assistant', content: 'hi' }
    if (stream !== true) {
      const choices = [{ index: 0, message, finish_reason: 'stop' }]
      answer.writeHead(200, { 'content-type': 'application/json' })
      return answer.end(JSON.stringify({ ...common, choices, usage: USAGE }))
    }
    answer.writeHead(200, { 'content-type': 'text/event-stream' })
    const events = [
      { ...common, choices: [{ index: 0, delta: message, finish_reason: 'stop' }], usage: null },
      { ...common, choices: [], usage: USAGE },
    ]
    answer.end(`${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`)
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  const { port } = provider.address() as AddressInfo
  trimtab = await startInside({
    config: `
providers:
  openai: { vendor: openai, base_url: "http://127.0.0.1:${port}/v1", api_key: k }
prices: { service_tiers: { scale: 3 } }
`,
  })
})

afterAll(async () => {
  await trimtab.stop()
  provider.close()
})

test.each([
  ['flex', String(FLEX_USD)],
  ['default', String((1001 * 1250 + 3 * 10_000) / 1e9)],
  ['scale', String((3 * (1001 * 1250 + 3 * 10_000)) / 1e9)],
  ['priority', null],
])('an answer at the tier %s costs %s', async (service_tier, usd) => {
  const answer = await ask({ service_tier })
  expect(answer.headers.get('x-trimtab-cost-usd')).toBe(usd)
})

test('a stream at another tier has that in its usage chunk', async () => {
  const answer = await ask({ service_tier: 'flex', stream: true, stream_options: { include_usage: true } })
  const events = (await answer.text()).split('\n\n')
  const usage = events.find((event) => event.includes('"trimtab"'))?.slice('data: '.length) ?? '{}'
  expect(JSON.parse(usage)).toMatchObject({ usage: USAGE, trimtab: { cost_usd: FLEX_USD } })
})

function ask(given: Readonly<Record<string, unknown>>): Promise<Response> {
  return fetch(`${trimtab.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: 'hi' }], ...given }),
  })
}
