/** Whether the small tier's answer does: forms by their structure, prose by its words. */
import { describe, expect, test } from 'vitest'
import { answersAgree } from '../../../src/gateway/learning/answers-agree.ts'

const whole = (text: string) => ({ text, ended: 'stop' as const })

describe('answersAgree', () => {
  test.each([
    ['members in another order', '{"a": 1, "b": "yes"}', '{ "b": "yes", "a": 1 }', 'agree'],
    ['a fence around it', '```json\n{"a": [1, 2]}\n```', '{"a":[1,2]}', 'agree'],
    ['another number', '{"a": 1}', '{"a": 2}', 'disagree'],
    ['a member more', '{"a": 1}', '{"a": 1, "b": 2}', 'disagree'],
    ['a list that is shorter', '{"a": [1]}', '{"a": [1, 2]}', 'disagree'],
    ['another order of a list', '[1, 2]', '[2, 1]', 'disagree'],
    ['the same in other marks', '{"city": "Paris"}', '{"city": "paris."}', 'agree'],
    [
      'prose within it that words do not tell',
      `{"why": "${'the red part of light is lost in water, '.repeat(2)}"}`,
      `{"why": "${'water takes long waves of light out, and more, '.repeat(2)}"}`,
      'unsure',
    ],
    ['prose where a form was asked for', 'I cannot tell.', '{"a": 1}', 'disagree'],
    ['a form where the large model gave prose', '{"a": 1}', 'I cannot tell.', 'unsure'],
    ['one fact, in a sentence', 'Paris', 'It is Paris.', 'agree'],
    ['another fact', '1912', 'In 1913.', 'disagree'],
  ])('%s', (_, small, large, expected) => {
    expect(answersAgree(whole(small), whole(large))).toBe(expected)
  })

  test('one that was cut tells nothing', () => {
    expect(answersAgree({ text: 'Paris', ended: 'other' }, whole('Paris'))).toBe('unsure')
  })
})
