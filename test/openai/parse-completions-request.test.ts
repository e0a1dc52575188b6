import { describe, expect, it } from 'vitest'
import { EventScanner } from '../../src/openai/event-scanner.ts'
import { parseCompletionsRequest } from '../../src/openai/parse-completions-request.ts'
import { parseModelRequest } from '../../src/openai/parse-model-request.ts'
import { readAnswer } from '../../src/openai/read-answer.ts'
import { readStreamEvent } from '../../src/openai/read-stream-event.ts'

const encode = (text: string) => new TextEncoder().encode(text)

describe('parseCompletionsRequest', () => {
  it.each(['"hi"', '""', 'null', '[]', '["a","b"]', '[1,2]', '[[1,2],[3]]', '[[]]'])(
    'takes the prompt %s',
    (prompt) => {
      const bytes = encode(`{"model":"m","prompt":${prompt},"n":2,"best_of":3,"stream":true,"suffix":"x"}`)
      const request = parseCompletionsRequest(bytes)
      expect(request).toMatchObject({ endpoint: 'completions', model: 'm', stream: true, wantsUsage: false })
      expect(request.body.suffix).toBe('x')
      expect(parseModelRequest('completions', bytes)).toEqual(request)
    },
  )

  it.each([
    ['{}', 'prompt', "Missing required parameter: 'prompt'."],
    [
      '{"prompt":7}',
      'prompt',
      "Invalid type for 'prompt': expected a string, a list of strings, a list of tokens or a list of such lists.",
    ],
    [
      '{"prompt":[{}]}',
      'prompt',
      "Invalid type for 'prompt': expected a string, a list of strings, a list of tokens or a list of such lists.",
    ],
    ['{"prompt":"a","n":"2"}', 'n', "Invalid type for 'n': expected an integer, but got a string instead."],
    [
      '{"prompt":"a","best_of":0.5}',
      'best_of',
      "Invalid type for 'best_of': expected an integer, but got a decimal number instead.",
    ],
  ])('refuses %s', (text, param, message) => {
    let failure: unknown
    try {
      parseCompletionsRequest(encode(text))
    } catch (error) {
      failure = error
    }
    expect(failure).toMatchObject({ code: 'invalid_request', param, message })
  })
})

describe('a legacy completion', () => {
  const usage = { prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 }

  it('is read whole, every choice of it', () => {
    const choices = [
      { text: 'one two', index: 0, logprobs: null, finish_reason: 'length' },
      { text: 'three', index: 1, logprobs: null, finish_reason: 'stop' },
    ]
    const answer = { id: 'cmpl-1', object: 'text_completion', created: 1, model: 'm', choices, usage }
    expect(readAnswer(encode(JSON.stringify(answer)))).toEqual({
      kind: 'answer',
      id: 'cmpl-1',
      usage,
      model: 'm',
      finishReason: 'length',
      outputCharacters: 12,
    })
  })

  it('is read as a stream, split at every byte', () => {
    const chunk = (choice: unknown) =>
      `data: ${JSON.stringify({ id: 'cmpl-1', object: 'text_completion', model: 'm', choices: [choice] })}\n\n`
    const bytes = encode(
      chunk({ text: 'one', index: 0, logprobs: null, finish_reason: null }) +
        chunk({ text: ' — two', index: 1, logprobs: null, finish_reason: null }) +
        chunk({ text: '', index: 0, logprobs: null, finish_reason: 'stop' }) +
        chunk({ text: '', index: 1, logprobs: null, finish_reason: 'length' }) +
        `data: ${JSON.stringify({ id: 'cmpl-1', object: 'text_completion', choices: [], usage })}\n\ndata: [DONE]\n\n`,
    )
    for (let at = 0; at <= bytes.length; at++) {
      const scanner = new EventScanner()
      const facts = [bytes.subarray(0, at), bytes.subarray(at)]
        .flatMap((piece) => scanner.push(piece))
        .map(({ data }) => readStreamEvent(data ?? ''))
      expect(facts.map((fact) => (fact.kind === 'chunk' ? fact.outputCharacters : fact.kind))).toEqual([
        3,
        6,
        0,
        0,
        0,
        'done',
      ])
      expect(facts.flatMap((fact) => (fact.kind === 'chunk' ? fact.finished : []))).toEqual([0, 1])
      expect(facts.flatMap((fact) => (fact.kind === 'chunk' && fact.usage ? [fact.usage] : []))).toEqual([
        usage,
      ])
    }
  })
})
