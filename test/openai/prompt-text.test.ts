import { describe, expect, it } from 'vitest'
import { parseModelRequest } from '../../src/openai/parse-model-request.ts'
import { promptText } from '../../src/openai/prompt-text.ts'

function textOf(
  body: Record<string, unknown>,
  endpoint: 'chat/completions' | 'embeddings' = 'chat/completions',
) {
  const bytes = new TextEncoder().encode(JSON.stringify({ model: 'm', ...body }))
  return promptText(parseModelRequest(endpoint, bytes))
}

describe('promptText', () => {
  it('takes every text of a message, and leaves its media', () => {
    const { pieces, extraTokens } = textOf({
      messages: [
        { role: 'system', name: 'rules', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{"at":1}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: 'a boat' },
        null,
      ],
    })
    expect(pieces).toEqual(
      ['system', 'rules', 'Be brief.', 'user', 'What is this?'].concat([
        'assistant',
        'look',
        '{"at":1}',
        'tool',
        'a boat',
      ]),
    )
    expect(extraTokens).toBe(4 * 3 + 1 + 3)
  })

  it('counts declared tools as their JSON', () => {
    const tools = [{ type: 'function', function: { name: 'größe' } }]
    const { pieces, characters } = textOf({ tools, messages: [] })
    expect(pieces).toEqual([JSON.stringify(tools)])
    expect(characters).toBe(JSON.stringify(tools).length)
  })

  it('takes texts of embeddings, and tokens that the caller cut itself', () => {
    expect(textOf({ input: 'one' }, 'embeddings')).toMatchObject({ pieces: ['one'], extraTokens: 0 })
    expect(textOf({ input: ['one', 'two'] }, 'embeddings')).toMatchObject({ pieces: ['one', 'two'] })
    expect(textOf({ input: [[1, 2], [3]] }, 'embeddings')).toMatchObject({ pieces: [], extraTokens: 3 })
  })

  it('keeps the first 64 Ki characters of what is longer, and says how much there was', () => {
    const content = 'word '.repeat(50_000)
    const text = textOf({
      messages: [
        { role: 'user', content },
        { role: 'user', content },
      ],
    })
    expect(text.keptCharacters).toBe(64 * 1024)
    expect(text.pieces.join('')).toHaveLength(64 * 1024)
    expect(text.characters).toBe(2 * (content.length + 'user'.length))
  })
})
