/** An answer is judged the same however the network cuts it, and what was asked for the judge alone is told to nobody. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnswerJudge } from '../../../src/gateway/relays/answer-judge.ts'
import { wireOf } from '../../../src/gateway/relays/answer-wire.ts'
import { withoutLogprobs } from '../../../src/openai/without-logprobs.ts'
import type { Escalation } from '../../../src/routing/escalation.ts'
import { cut, relayed, summary } from './relayed.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const ESCALATION: Escalation = {
  confidenceBelow: 0.5,
  refused: true,
  invalidJson: true,
  empty: true,
  loops: true,
  slowerThanMs: undefined,
  hold: { kind: 'tokens', count: 4 },
}

function judge(): AnswerJudge {
  return new AnswerJudge({
    of: 'small/m',
    escalation: ESCALATION,
    hearing: wireOf('chat/completions').hearing(),
    shape: { json: undefined, tools: undefined },
    asksLogprobs: true,
  })
}

/** As llama.cpp's server writes it, which has CRLF now and then behind proxies, and texts with braces and quotes. */
function stream(texts: readonly string[], probability: number, newline = '\n'): Uint8Array {
  const event = (choice: unknown) =>
    `data: ${JSON.stringify({ choices: [choice], object: 'chat.completion.chunk' })}${newline}${newline}`
  const said = texts.map((content, id) => {
    const token = { id, token: content, bytes: [...encoder.encode(content)], logprob: Math.log(probability) }
    const other = { ...token, token: '"}],"logprobs":{', logprob: Math.log(1 - probability) }
    const logprobs = { content: [{ ...token, top_logprobs: [token, other] }] }
    return event({ finish_reason: null, index: 0, delta: { content }, logprobs })
  })
  const end = event({ finish_reason: 'stop', index: 0, delta: {} })
  return encoder.encode(`${said.join('')}${end}data: [DONE]${newline}${newline}`)
}

const TEXTS = ['The ', 'tab ', '"turns" ', 'the {rudder} ', 'é, ', 'and ', 'that ', 'the ship.']

describe.each(['\n', '\r\n'])('with %j at the end of lines', (newline) => {
  it('an answer that suffices is told without probabilities, wherever it is cut', () => {
    const bytes = stream(TEXTS, 0.9, newline)
    const heard = (cuts: readonly number[]) =>
      relayed(cut(bytes, cuts), { judge: judge() }, { movesOn: true })
    const whole = heard([])
    expect(whole.ended?.kind).toBe('whole')
    expect(whole.text).not.toContain('top_logprobs')
    expect(whole.text.match(/"logprobs":null/g)).toHaveLength(TEXTS.length)
    for (let at = 1; at < bytes.length; at++) expect(summary(heard([at]))).toBe(summary(whole))
  })

  it('one that does not suffice is told to nobody, wherever it is cut', () => {
    const bytes = stream(TEXTS, 0.6, newline)
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 20 }),
        (cuts) => {
          const { text, ended, released } = relayed(cut(bytes, cuts), { judge: judge() }, { movesOn: true })
          expect([text, ended?.kind, released]).toEqual(['', 'faulty', 0])
          expect(ended).toMatchObject({
            fault: { kind: 'insufficient', insufficiency: { signal: 'confidence' } },
          })
        },
      ),
      { numRuns: 100 },
    )
  })

  it('once it is released nothing changes, whatever follows', () => {
    const texts = [...TEXTS, ...Array.from({ length: 80 }, () => 'turns ')]
    const { ended, text } = relayed([stream(texts, 0.9, newline)], { judge: judge() }, { movesOn: true })
    expect(ended?.kind).toBe('whole')
    expect(text).toContain('turns ')
  })

  it('where nobody else can be asked it is told all the same', () => {
    const { ended } = relayed([stream(TEXTS, 0.6, newline)], { judge: judge() }, { movesOn: false })
    expect(ended?.kind).toBe('whole')
  })
})

it('a stream that is finished when it is judged tells its usage first', () => {
  const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 }
  const text = `data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}]}\n\ndata: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`
  const { ended } = relayed([encoder.encode(text)], { judge: judge() }, { movesOn: true })
  expect(ended).toMatchObject({ kind: 'faulty', spoken: { seen: { usage } } })
})

describe('withoutLogprobs', () => {
  const choice = fc.record(
    { index: fc.nat(3), logprobs: fc.jsonValue(), message: fc.jsonValue(), text: fc.string() },
    { requiredKeys: [] },
  )
  const answer = fc.record(
    {
      id: fc.string(),
      choices: fc.array(choice, { maxLength: 3 }),
      logprobs: fc.jsonValue(),
      usage: fc.jsonValue(),
    },
    { requiredKeys: ['choices'] },
  )

  it('changes nothing but the choices’ own', () => {
    fc.assert(
      fc.property(answer, fc.constantFrom(0, 2), (said, indent) => {
        const told = JSON.parse(
          decoder.decode(withoutLogprobs(encoder.encode(JSON.stringify(said, null, indent)))),
        )
        const choices = said.choices.map((one) => ('logprobs' in one ? { ...one, logprobs: null } : one))
        expect(told).toEqual(JSON.parse(JSON.stringify({ ...said, choices })))
      }),
    )
  })

  it('leaves what is no answer as it is', () => {
    for (const text of ['', '[DONE]', '{}', '{"choices":5}', '{"choices":[', '{"choices":[{"logprobs":'])
      expect(decoder.decode(withoutLogprobs(encoder.encode(text)))).toBe(text)
  })
})
