import { describe, expect, test } from 'vitest'
import { type EligibilityOptions, eligibility } from '../../../src/cache/semantic/eligibility.ts'

type Body = Record<string, unknown>
type Endpoint = 'chat/completions' | 'responses' | 'messages' | 'completions' | 'embeddings'

const asked = (text: string): Body => ({ model: 'm', messages: [{ role: 'user', content: text }] })
const QUESTION = 'How do I change a bicycle tire?'

function reason(body: Body, endpoint: Endpoint = 'chat/completions', options?: EligibilityOptions): string {
  const found = eligibility({ endpoint, body }, options)
  return found.kind === 'yes' ? 'yes' : found.reason
}

describe('eligibility', () => {
  test('gives the text of a plain question', () => {
    expect(eligibility({ endpoint: 'chat/completions', body: asked(QUESTION) })).toMatchObject({
      kind: 'yes',
      text: QUESTION,
    })
  })

  test.each<[string, Body]>([
    ['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['tools', { functions: [{ name: 'f' }] }],
    ['tools', { web_search_options: {} }],
    ['structured-output', { response_format: { type: 'json_object' } }],
    ['several-answers', { n: 2 }],
    ['seed', { seed: 7 }],
    ['logprobs', { logprobs: true }],
    ['temperature', { temperature: 1.2 }],
    ['media', { modalities: ['text', 'audio'] }],
    ['stored', { store: true }],
  ])('refuses %s: %o', (code, members) => {
    expect(reason({ ...asked(QUESTION), ...members })).toBe(code)
  })

  test.each<Body>([
    { tools: [], n: 1, temperature: 0.7, response_format: { type: 'text' }, logprobs: false },
    { stream: true, max_tokens: 100, user: 'u', seed: null },
  ])('takes parameters that change nothing of it: %o', (members) => {
    expect(reason({ ...asked(QUESTION), ...members })).toBe('yes')
  })

  test('lets a policy choose the temperature', () => {
    const body = { ...asked(QUESTION), temperature: 1.2 }
    expect(reason(body, 'chat/completions', { mostTemperature: 2 })).toBe('yes')
    expect(reason({ ...body, temperature: 0.5 }, 'chat/completions', { mostTemperature: 0.2 })).toBe(
      'temperature',
    )
  })

  test.each<[string, Body[]]>([
    [
      'tools',
      [
        { role: 'tool', tool_call_id: 'c', content: '5' },
        { role: 'user', content: QUESTION },
      ],
    ],
    [
      'tools',
      [
        { role: 'assistant', tool_calls: [{ id: 'c' }] },
        { role: 'user', content: QUESTION },
      ],
    ],
    [
      'tools',
      [
        {
          role: 'user',
          content: [
            { type: 'tool_result', content: '5' },
            { type: 'text', text: QUESTION },
          ],
        },
      ],
    ],
    [
      'media',
      [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'data:' } },
            { type: 'text', text: QUESTION },
          ],
        },
      ],
    ],
    [
      'no-user-text',
      [
        { role: 'user', content: QUESTION },
        { role: 'assistant', content: 'First' },
      ],
    ],
    ['no-user-text', []],
  ])('refuses turns with %s', (code, messages) => {
    expect(reason({ model: 'm', messages })).toBe(code)
  })

  test('knows each endpoint', () => {
    expect(reason({ model: 'm', input: QUESTION, store: false }, 'responses')).toBe('yes')
    expect(reason({ model: 'm', input: QUESTION }, 'responses')).toBe('stored')
    expect(
      reason({ model: 'm', input: QUESTION, store: false, previous_response_id: 'r' }, 'responses'),
    ).toBe('continued')
    const call = { type: 'function_call_output', call_id: 'c', output: '5' }
    expect(
      reason({ model: 'm', store: false, input: [call, { role: 'user', content: QUESTION }] }, 'responses'),
    ).toBe('tools')
    expect(reason({ ...asked(QUESTION), max_tokens: 9 }, 'messages')).toBe('yes')
    expect(reason({ model: 'm', prompt: QUESTION }, 'completions')).toBe('endpoint')
    expect(reason({ model: 'm', input: QUESTION }, 'embeddings')).toBe('endpoint')
  })

  test.each<[string, string]>([
    ['time', 'What is the latest version of Node?'],
    ['time', 'What happened yesterday in Berlin?'],
    ['time', 'Which films start next week?'],
    ['live-data', 'What is the weather in Paris?'],
    ['live-data', 'How is the exchange rate of the euro computed?'],
    ['personal', 'Where is my order?'],
    ['personal', 'I paid twice for one ticket, why?'],
    ['identity', 'Where is order #A-99812?'],
    ['identity', 'Is ann@example.com a valid address?'],
    ['identity', 'Who owns the card 4111 1111 1111 1111?'],
    ['action', 'Please send a letter to the landlord'],
    ['action', 'Could you book a table for two at noon?'],
    ['code', '```js\nlet a = 1\n``` Why?'],
    ['code', 'Why does SELECT a FROM b WHERE c = 1 fail?'],
    ['long', `Why ${'very '.repeat(70)}cold?`],
    ['templated', 'Context: cats purr.\nQuestion: why do cats purr?'],
    ['templated', 'You are a helpful tutor. Why is the sky blue?'],
    ['language', 'Wie ändere ich das Passwort für das Konto?'],
    ['language', '如何更改密码？'],
    ['empty', '???'],
  ])('refuses for %s: %s', (code, text) => {
    expect(reason(asked(text))).toBe(code)
  })

  test.each([
    'How do I change my password?',
    'Can I use a card abroad?',
    'What is the capital of France?',
    'Tell me how photosynthesis works.',
    'What does delete mean in SQL?',
    'What is the difference between a virus and a bacterium?',
  ])('takes %s', (text) => {
    expect(reason(asked(text))).toBe('yes')
  })

  test('takes what speaks of the caller where a policy says that answers are the same for all', () => {
    const body = asked('I lost my card, what should I do?')
    expect(reason(body)).toBe('personal')
    expect(reason(body, 'chat/completions', { mayBePersonal: true })).toBe('yes')
    expect(reason(asked('My order 12345678 is late'), 'chat/completions', { mayBePersonal: true })).toBe(
      'identity',
    )
  })
})
