import { describe, expect, test } from 'vitest'
import { outputShape } from '../../src/routing/output-shape.ts'
import { lastSaid, turnsSaid } from '../../src/routing/said.ts'

const user = (content: unknown) => ({ role: 'user', content })
const assistant = { role: 'assistant', content: 'yes' }

describe('lastSaid and turnsSaid', () => {
  test.each<[string, number, Record<string, unknown>]>([
    ['hello', 1, { messages: [user('hello')] }],
    ['again', 2, { messages: [{ role: 'system', content: 's' }, user('hello'), assistant, user('again')] }],
    [
      'find it',
      1,
      { messages: [user('find it'), { role: 'assistant', tool_calls: [] }, { role: 'tool', content: 'x' }] },
    ],
    ['find it', 1, { messages: [user('find it'), assistant, user([{ type: 'tool_result', content: 'x' }])] }],
    [
      'a\nb',
      1,
      { messages: [user([{ type: 'text', text: 'a' }, { type: 'image_url' }, { type: 'text', text: 'b' }])] },
    ],
    ['hello', 1, { input: 'hello' }],
    [
      'hello',
      1,
      { input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] }] },
    ],
    ['hello', 1, { prompt: 'hello' }],
    ['', 0, { messages: [null, 7, { role: 'user', content: null }] }],
    ['', 0, {}],
  ])('%j, turn %i, of %j', (text, turns, body) => {
    expect(lastSaid(body)).toBe(text)
    expect(turnsSaid(body)).toBe(turns)
  })
})

describe('outputShape', () => {
  test.each<[string, Record<string, unknown>]>([
    ['text', {}],
    ['text', { response_format: { type: 'text' }, tool_choice: 'auto' }],
    ['text', { tool_choice: { type: 'auto' }, text: 'x', output_config: {} }],
    ['json', { response_format: { type: 'json_object' } }],
    ['schema', { response_format: { type: 'json_schema', json_schema: {} } }],
    ['schema', { text: { format: { type: 'json_schema' } } }],
    ['schema', { output_config: { format: { type: 'json_schema' } } }],
    ['tool', { tool_choice: 'required', response_format: { type: 'json_object' } }],
    ['tool', { tool_choice: { type: 'function', function: { name: 'f' } } }],
    ['tool', { tool_choice: { type: 'any' } }],
    ['tool', { function_call: { name: 'f' } }],
  ])('%s of %j', (shape, body) => {
    expect(outputShape(body)).toBe(shape)
  })
})
