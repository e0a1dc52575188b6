/** What a model reads of a request is told alike to whoever asks: where it stands, what it is, and what begins it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutPrompt } from '../../src/metering/prefix/cut-prompt.ts'
import { readBody } from '../../src/openai/body-shape.ts'
import { type ModelEndpoint, type ModelRequest, modelRequest } from '../../src/openai/model-request.ts'
import { isWhole, PROMPT_PARTS, promptOf } from '../../src/openai/prompt.ts'
import { promptHead } from '../../src/openai/prompt-head.ts'

type Body = Record<string, unknown>

function requestOf(endpoint: ModelEndpoint, body: Body): ModelRequest {
  return modelRequest(endpoint, readBody(new TextEncoder().encode(JSON.stringify(body, undefined, 1))), false)
}

function valueAt({ bytes }: ModelRequest, { start, end }: { start: number; end: number }): unknown {
  return JSON.parse(new TextDecoder().decode(bytes.subarray(start, end)))
}

/** Of each part, the value and what stands at its bytes. */
function told(endpoint: ModelEndpoint, body: Body): unknown[] {
  const request = requestOf(endpoint, body)
  const prompt = promptOf(request)
  return PROMPT_PARTS.map((part) => {
    const piece = prompt?.[part]
    if (piece !== undefined) expect(valueAt(request, piece)).toEqual(piece.value)
    return piece?.value
  })
}

const tools = [{ name: 'look' }]
const user = { role: 'user', content: 'Which way?' }

describe('a prompt', () => {
  it.each<[ModelEndpoint, Body, unknown[]]>([
    ['chat/completions', { messages: [user], model: 'm', tools }, [tools, undefined, [user]]],
    ['chat/completions', { messages: [user], functions: tools }, [tools, undefined, [user]]],
    ['messages', { messages: [user], system: 'Be brief.', tools }, [tools, 'Be brief.', [user]]],
    ['responses', { input: 'Which way?', instructions: 'Be brief.' }, [undefined, 'Be brief.', 'Which way?']],
    ['completions', { prompt: ['Once', 'Twice'] }, [undefined, undefined, ['Once', 'Twice']]],
    ['embeddings', { input: 'Which way?' }, [undefined, undefined, undefined]],
    // What an endpoint does not know is no part of what its models read.
    ['chat/completions', { messages: [user], system: 's', input: 'i' }, [undefined, undefined, [user]]],
  ])('of %s consists of what its models read: %j', (endpoint, body, expected) => {
    expect(told(endpoint, body)).toEqual(expected)
  })

  it.each(['previous_response_id', 'conversation', 'prompt'])(
    'is not whole where %s stands before it, and is not compared then',
    (name) => {
      const input = 'Which way?'
      for (const [value, whole] of [
        ['id', false],
        [null, true],
      ] as const) {
        const request = requestOf('responses', { input, [name]: value })
        expect(isWhole(request)).toBe(whole)
        expect(cutPrompt(request) !== undefined).toBe(whole)
      }
      expect(isWhole(requestOf('completions', { prompt: 'Once' }))).toBe(true)
      expect(cutPrompt(requestOf('embeddings', { input }))).toBeUndefined()
    },
  )
})

describe('what begins a conversation', () => {
  const message = fc.record({
    role: fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool'),
    content: fc.string(),
  })

  it('and its turns are all of it, in its order, each at its place', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.boolean(), (messages, hasTools) => {
        const request = requestOf('chat/completions', { messages, ...(hasTools ? { tools } : {}) })
        const found = promptHead(request)
        if (found === undefined) throw new Error('it is a conversation')
        const isSystem = ({ role }: { role: string }) => role === 'system' || role === 'developer'
        const after = messages.findIndex((one) => !isSystem(one))
        const lead = after < 0 ? messages.length : after
        expect(found.head.map((span) => valueAt(request, span))).toEqual([
          ...(hasTools ? [tools] : []),
          ...messages.slice(0, lead),
        ])
        expect(found.headBytes).toBe(found.head.reduce((sum, { start, end }) => sum + end - start, 0))
        expect(found.first && valueAt(request, found.first)).toEqual(messages[lead])
        expect(found.turns.map((turn) => valueAt(request, turn))).toEqual(messages.slice(lead))
        expect(found.turns.map((turn) => turn.message)).toEqual(messages.slice(lead))
        expect(found.turns[0]).toEqual(found.first)
        expect(found.isOpening).toBe(messages.every(({ role }) => role !== 'assistant'))
      }),
    )
  })

  it('is one text where that is all that is said, and nothing where there is no conversation', () => {
    const request = requestOf('responses', { instructions: 'Be brief.', input: 'Which way?' })
    const found = promptHead(request)
    expect(found?.head.map((span) => valueAt(request, span))).toEqual(['Be brief.'])
    expect(found?.turns.map((turn) => valueAt(request, turn))).toEqual(['Which way?'])
    expect(found?.isOpening).toBe(true)
    expect(promptHead(requestOf('completions', { prompt: ['Once'] }))).toBeUndefined()
    expect(promptHead(requestOf('embeddings', { input: ['Once'] }))).toBeUndefined()
  })
})
