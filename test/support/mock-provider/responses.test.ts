import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemsWith } from '../../conversion/response-schema.ts'
import { outputOf } from './counted.ts'
import { type MockProvider, startMockProvider } from './mock-provider.ts'

const WEATHER = {
  type: 'function' as const,
  name: 'weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  strict: false,
}

let mock: MockProvider
let client: OpenAI

beforeAll(async () => {
  mock = await startMockProvider()
  client = new OpenAI({ baseURL: mock.url, apiKey: 'any', maxRetries: 0 })
})

afterAll(() => mock.close())

describe('responses', () => {
  test.each([
    ['text', {}],
    ['tools', { tools: [WEATHER] }],
    ['free text', { tools: [{ type: 'custom' as const, name: 'apply_patch' }] }],
    ['a schema', { text: { format: { type: 'json_object' as const } } }],
  ])(
    'of %s: a stream builds the very response of the JSON answer, as OpenAI describes it',
    async (_, more) => {
      const body = { model: 'gpt-5.5', input: 'naïve – words', ...more }
      const whole = await client.responses.create(body)
      expect(problemsWith('Response', whole)).toEqual([])
      const events = []
      for await (const event of await client.responses.create({ ...body, stream: true })) events.push(event)
      expect(events.flatMap((event) => problemsWith(shapeOf(event.type), event))).toEqual([])
      expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index))
      const last = events.at(-1)
      const streamed = last?.type === 'response.completed' ? last.response : undefined
      const said = ({ output }: Pick<typeof whole, 'output'>) =>
        JSON.stringify(output).replace(/mock\d+/g, '')
      expect(streamed && said(streamed)).toBe(said(whole))
      const counted = mock.requests.at(-1)?.counted
      expect(streamed?.usage).toMatchObject({ output_tokens: counted && outputOf(counted) })
    },
  )

  test('goes on with what it kept, and with nothing else', async () => {
    const first = await client.responses.create({ model: 'gpt-4o-mini', input: 'one' })
    const next = { model: 'gpt-4o-mini', input: 'two', previous_response_id: first.id }
    expect((await client.responses.create(next)).previous_response_id).toBe(first.id)
    await expect(
      client.responses.create({ ...next, previous_response_id: 'resp_unknown' }),
    ).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
  })

  test.each([
    ['unknown_parameter', { messages: [] }],
    ['integer_below_min_value', { max_output_tokens: 5 }],
    ['missing_required_parameter', { input: undefined }],
    ['missing_required_parameter', { tools: [{ type: 'function', function: { name: 'weather' } }] }],
  ])('refuses with %s', async (code, more) => {
    const body = JSON.stringify({ model: 'gpt-4o-mini', input: 'hello', ...more })
    const answer = await fetch(`${mock.url}/responses`, { method: 'POST', body })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: { code } })
  })
})

test('completions: a stream says what the JSON answer says', async () => {
  const body = { model: 'gpt-4o-mini', prompt: 'naïve – words' }
  const whole = await client.completions.create(body)
  let text = ''
  for await (const chunk of await client.completions.create({ ...body, stream: true })) {
    text += chunk.choices[0]?.text ?? ''
  }
  expect(whole.choices[0]?.text).toBe('You said: naïve – words')
  expect(text).toBe(whole.choices[0]?.text)
})

/** The name that OpenAI's description has for an event. */
function shapeOf(type: string): string {
  const words = type.replace(/^response\.output_text/, 'response.text').split(/[._]/)
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Event`
}
