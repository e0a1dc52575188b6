/** Which answers do not suffice, told by what was heard of them. */
import { describe, expect, it } from 'vitest'
import type { HeardAnswer } from '../../src/openai/heard-answer.ts'
import type { Escalation } from '../../src/routing/escalation.ts'
import { insufficiency } from '../../src/routing/insufficiency.ts'
import { declines } from '../../src/routing/refusal-words.ts'
import { repetition } from '../../src/routing/repetition.ts'

const ALL: Escalation = {
  confidenceBelow: 0.6,
  refused: true,
  invalidJson: true,
  empty: true,
  loops: true,
  slowerThanMs: undefined,
  hold: { kind: 'tokens', count: 32 },
}
const HEARD: HeardAnswer = {
  text: 'Paris.',
  refusal: '',
  calls: [],
  hasOther: false,
  finishReason: 'stop',
  margins: [],
}
const TEXT = { json: undefined, tools: undefined }

describe('declines', () => {
  it.each([
    "I'm sorry, but I can't help with that.",
    'I’m sorry, but I cannot assist with this request.',
    'Sorry, I am unable to answer that.',
    "**I can't help with that.**",
    'As an AI language model, I do not have access to the internet.',
    'Es tut mir leid, aber dabei kann ich nicht helfen.',
    'Leider kann ich diese Frage nicht beantworten.',
    'Als KI-Sprachmodell habe ich keine Meinung.',
    'Je suis désolé, mais je ne peux pas vous aider.',
    'Lo siento, pero no puedo ayudarte con eso.',
    'Desculpe, mas não posso ajudar com isso.',
    'Mi dispiace, ma non posso aiutarti.',
    'Het spijt me, maar daar kan ik niet bij helpen.',
    'К сожалению, я не могу ответить на этот вопрос.',
    '抱歉，我无法回答这个问题。',
    '申し訳ありませんが、お手伝いできません。',
    '죄송하지만 도와드릴 수 없습니다.',
    "I don't know.",
    'Das weiß ich leider nicht.',
    'Je ne sais pas.',
    'No lo sé.',
    '我不知道。',
  ])('%s', (text) => {
    expect(declines(text, true)).toBe(true)
  })

  it.each([
    "I'm sorry for the late parcel. It will arrive on Monday.",
    "Sorry seems to be the hardest word is by Elton John; it isn't his best known song.",
    'As an AI researcher at DeepMind, she led the team.',
    'You cannot divide by zero.',
    'I can help with that: press the reset button.',
    'Leider ist der Zug verspätet.',
    'Je ne mange pas de viande.',
    'No, the capital is Canberra.',
    `I don't know of a shorter proof. ${'Take any prime. '.repeat(20)}`,
    `I'm sorry, but I can't confirm that; here is what is known. ${'The tab turns the rudder. '.repeat(20)}`,
  ])('not %s', (text) => {
    expect(declines(text, true)).toBe(false)
  })
})

describe('repetition', () => {
  it.each([
    'turn the rudder '.repeat(30),
    'ha'.repeat(200),
    '的'.repeat(60),
    '\n'.repeat(400),
    '!'.repeat(400),
    'The answer is 4. The answer is 4. '.repeat(8),
  ])('of %j is high', (text) => {
    expect(repetition(text)).toBeGreaterThan(0.5)
  })

  it.each([
    'A trim tab is a small surface on the edge of a larger one, such as the rudder of a ship; turning it takes little force, and the flow of water over it then turns the rudder, which turns the ship.',
    Array.from({ length: 20 }, (_, at) => `| row ${at} | value ${at * 7} | unit ${at % 5} |`).join('\n'),
    Array.from({ length: 20 }, (_, at) => `const name${at} = await read(file${at}, options)`).join('\n'),
    Array.from(
      { length: 12 },
      (_, at) => `${at + 1}. Press button ${at + 3} and wait for ${at + 2} seconds.`,
    ).join('\n'),
  ])('of %j is low', (text) => {
    expect(repetition(text)).toBeLessThan(0.3)
  })

  it('of a few words is not told', () => {
    expect(repetition('no no no no')).toBeUndefined()
  })
})

describe('insufficiency', () => {
  const judged = (
    heard: Partial<HeardAnswer>,
    shape: Parameters<typeof insufficiency>[2] = TEXT,
    isWhole = true,
  ) => insufficiency(ALL, { ...HEARD, ...heard }, shape, isWhole)?.signal

  it('tells each signal', () => {
    expect(judged({})).toBeUndefined()
    expect(judged({ text: ' \n' })).toBe('empty')
    expect(judged({ text: '', refusal: 'No.' })).toBe('refused')
    expect(judged({ finishReason: 'content_filter' })).toBe('refused')
    expect(judged({ text: 'turn the rudder '.repeat(30) })).toBe('loops')
    expect(judged({ margins: [0.9, 0.1, 0.2] })).toBe('confidence')
    expect(judged({ margins: [0.9, 0.8, 0.7] })).toBeUndefined()
    expect(judged({ text: 'x' }, { json: { schema: undefined }, tools: undefined })).toBe('invalid_json')
  })

  it('tells nothing of what is still to come', () => {
    expect(judged({ text: '', finishReason: undefined }, TEXT, false)).toBeUndefined()
    expect(
      judged({ text: '{"a"', finishReason: undefined }, { json: { schema: {} }, tools: undefined }, false),
    ).toBeUndefined()
  })

  it('holds a call to its tool, and takes a call for an answer', () => {
    const schema = { type: 'object', properties: { way: { type: 'string' } }, required: ['way'] }
    const shape = { json: undefined, tools: new Map([['turn', schema]]) }
    const calling = (name: string, said: string) =>
      judged({ text: '', calls: [{ name, arguments: said }] }, shape)
    expect(calling('turn', '{"way":"left"}')).toBeUndefined()
    expect(calling('turn', '{}')).toBe('invalid_json')
    expect(calling('turn', '{"way"')).toBe('invalid_json')
    expect(calling('sink', '{}')).toBe('invalid_json')
    expect(judged({ text: '', hasOther: true })).toBeUndefined()
  })

  it('goes by repetition where no probability is told', () => {
    const gentle = { ...ALL, loops: false }
    const text = `${'Left or right or left or right. '.repeat(6)}`
    expect(insufficiency(gentle, { ...HEARD, text }, TEXT, true)).toMatchObject({
      signal: 'confidence',
      by: 'repetition',
    })
  })
})
