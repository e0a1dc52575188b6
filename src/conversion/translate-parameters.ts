/** A request's members as a target takes them: what it refuses is said in its words, left out, or cannot be asked of it. */
import type { MemberEdit } from '../openai/member-edit.ts'
import { cannotSay, type Fields, saysNothing } from './converted.ts'
import type { ParameterRule } from './parameter-rule.ts'

export interface Translation {
  edits: readonly MemberEdit[]
  /** A short sentence for each, that begins with the member's name. */
  notes: readonly string[]
}

/**
 * Undefined where the target takes the request as it is.
 * @throws Failure `invalid_request` with `param` for what the target cannot be asked
 */
export function translateParameters(body: Fields, rules: readonly ParameterRule[]): Translation | undefined {
  let translation: { edits: MemberEdit[]; notes: string[] } | undefined
  for (const rule of rules) {
    const value = body[rule.name]
    if (value === undefined || (value !== null && rule.takes(value, body))) continue
    translation ??= { edits: [], notes: [] }
    translate(rule, value, body, translation)
  }
  return translation
}

function translate(
  { name, otherwise }: ParameterRule,
  value: unknown,
  body: Fields,
  { edits, notes }: { edits: MemberEdit[]; notes: string[] },
): void {
  if (value !== null && otherwise !== 'drop') {
    if ('because' in otherwise) {
      if (!saysNothing(value)) throw cannotSay(name, otherwise.because)
    } else if ('say' in otherwise) {
      const said = otherwise.say(value)
      if (said !== undefined) {
        edits.push({ kind: 'set', name, value: said })
        notes.push(`${name}: said as ${typeof said === 'string' ? said : JSON.stringify(said)}.`)
        return
      }
    } else if ((body[otherwise.as] ?? undefined) === undefined) {
      if (body[otherwise.as] === null) edits.push({ kind: 'drop', name: otherwise.as })
      edits.push({ kind: 'rename', name, to: otherwise.as })
      notes.push(`${name}: sent as ${otherwise.as}.`)
      return
    }
  }
  edits.push({ kind: 'drop', name })
  notes.push(`${name}: left out, the target refuses it.`)
}
