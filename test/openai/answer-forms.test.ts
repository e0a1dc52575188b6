import { describe, expect, it } from 'vitest'
import { answerAsStream } from '../../src/openai/answer-as-stream.ts'
import { streamAsAnswer } from '../../src/openai/stream-as-answer.ts'

describe('an answer told as a stream and put together again', () => {
  it('keeps what its provider added to a choice', () => {
    const answer = {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'qwen3-4b',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'one two' },
          logprobs: null,
          finish_reason: 'stop',
          stop_reason: 'three',
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    }
    const stream = answerAsStream(new TextEncoder().encode(JSON.stringify(answer)), true)
    const together = streamAsAnswer(stream ?? new Uint8Array(0), undefined)
    expect(JSON.parse(new TextDecoder().decode(together))).toEqual(answer)
  })
})
