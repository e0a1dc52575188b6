/** Whether the small tier's answer does where the large one's would, told without asking anybody: by structure, by words, by vectors. */
import { type Agreement, agreementOf } from '../../cache/semantic/agreement.ts'
import { sameJson } from '../../conversion/same-json.ts'
import { isObject } from '../../openai/is-object.ts'
import { parseJson } from '../../openai/parse-json.ts'
import type { ToldAnswer } from '../../openai/told-answer.ts'

/** Numbers and short values of a form must be the same; prose within it is for words to tell. */
export function answersAgree(small: ToldAnswer, large: ToldAnswer): Agreement {
  // One that was cut or filtered says nothing of what it would have said.
  if (small.ended !== 'stop' || large.ended !== 'stop') return 'unsure'
  const [one, other] = [formOf(small.text), formOf(large.text)]
  if (one === undefined && other === undefined) return agreementOf(small.text, large.text)
  if (one === undefined || other === undefined) return other === undefined ? 'unsure' : 'disagree'
  return formsAgree(one, other)
}

/** Objects and lists alone are forms: a bare number is an answer in words. */
function formOf(text: string): object | undefined {
  const plain = text.trim().replace(/^```(?:json)?\s*|\s*```$/g, '')
  if (!/^[[{]/.test(plain)) return undefined
  const value = parseJson(plain)
  return isObject(value) || Array.isArray(value) ? value : undefined
}

function formsAgree(one: unknown, other: unknown): Agreement {
  if (sameJson(one, other)) return 'agree'
  if (typeof one === 'string' && typeof other === 'string') return agreementOf(one, other)
  if (Array.isArray(one) && Array.isArray(other)) {
    if (one.length !== other.length) return 'disagree'
    return worst(one.map((item, index) => formsAgree(item, other[index])))
  }
  if (!isObject(one) || !isObject(other)) return 'disagree'
  const names = Object.keys(one)
  if (names.length !== Object.keys(other).length || names.some((name) => !Object.hasOwn(other, name)))
    return 'disagree'
  return worst(names.map((name) => formsAgree(one[name], other[name])))
}

function worst(verdicts: readonly Agreement[]): Agreement {
  if (verdicts.includes('disagree')) return 'disagree'
  return verdicts.includes('unsure') ? 'unsure' : 'agree'
}
