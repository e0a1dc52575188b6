/** Which texts may be answered by meaning. The rules know English alone, and so only English texts pass. */

import { isOfTheMoment } from '../../reading/moment.ts'
import { languageOf } from './language.ts'
import { isPersonal, tellsIdentity } from './personal-text.ts'
import { plainMarks } from './tokens.ts'

export type TextReason =
  | 'empty'
  | 'long'
  | 'templated'
  | 'code'
  | 'language'
  | 'identity'
  | 'personal'
  | 'time'
  | 'live-data'
  | 'action'

const MOST_CHARACTERS = 400
const MOST_WORDS = 64
const MOST_LINES = 3

const CODE = [
  /```|<\/?[a-z][^>]*>|[;{}]\s*$|=>|\(\)|&&|\|\||!=|==|::|->|\$\{|^\s*(?:\$|>>>|#!)\s?/m,
  /\b(?:function|const|let|var|def|class|import|return|public|static|void)\s+\w+\s*[(={:;]/,
  /\bselect\s.+\sfrom\s.+(?:\swhere\s|;|$)|\b(?:insert into|create table|update \w+ set)\b/i,
  /\b(?:write|give|create|generate|implement|make|provide|code)\b.{0,60}\b(?:code|script|function|program|class|query|regex|snippet|html|css|sql|algorithm)\b/i,
  /Traceback \(most recent|\bat [\w.$]+\([\w.]+:\d+\)|\b\w+(?:Error|Exception):|^\s*\{\s*"/,
]

/** A document with a question around it, or a form filled by a program. */
const TEMPLATED = [
  /\{\{|\}\}|<\|/,
  /\b(?:you are (?:an?|the)|act as|your task is|given the following|based on the following|answer the following|following (?:text|passage|context|document|article))\b/i,
  /^(?:context|question|input|output|document|passage|instructions?|answer|text|user|assistant|system)\s*:/im,
  /(?:^|\s)(?:[-*•]\s+\S.*\n){2}/,
]

const ACTION =
  /^(?:(?:please|kindly|hey|hi|hello|ok|now|and|then|just)[\s,]+)*(?:(?:can|could|would|will) (?:you|u) (?:please )?|i (?:want|need|would like|'d like) (?:you )?to |go ahead and |let's )?(?:send|delete|remove|book|reserve|order|buy|purchase|cancel|schedule|reschedule|call|text|email|e-mail|message|pay|transfer|wire|update|set|reset|turn|switch|play|pause|remind|post|publish|submit|subscribe|unsubscribe|upload|download|run|execute|start|stop|restart|deploy|install|add|move|rename|save|file|report|block|unblock|freeze|unfreeze|activate|deactivate|enable|disable|close|open|create|register|enroll|renew|refund|charge|withdraw|deposit|invite|share|forward|reply|print|log|sign|connect|disconnect|notify|confirm|approve|reject|assign|merge|commit|push|rate|sell|ship|track|change|make (?:a|an|the|my) (?:reservation|appointment|payment|booking|call|order)|put)\b(?!.*\bmean(?:s|ing)?\b)/

/** Reasons in the order in which they are cheap to tell. @param mayBePersonal lets through what speaks of the caller */
export function whyNotText(text: string, mayBePersonal: boolean): TextReason | undefined {
  if (text.length > MOST_CHARACTERS) return 'long'
  const plain = plainMarks(text).trim()
  if (!/\p{L}/u.test(plain)) return 'empty'
  if (plain.split('\n').length > MOST_LINES || TEMPLATED.some((pattern) => pattern.test(plain)))
    return 'templated'
  if (CODE.some((pattern) => pattern.test(plain))) return 'code'
  const words = plain.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []
  if (words.length > MOST_WORDS) return 'long'
  if (languageOf(plain, words) === 'other') return 'language'
  return whyNotSaid(plain, mayBePersonal)
}

function whyNotSaid(plain: string, mayBePersonal: boolean): TextReason | undefined {
  const lower = plain.toLowerCase().replace(/\s+/g, ' ')
  if (tellsIdentity(lower)) return 'identity'
  const moment = isOfTheMoment(lower)
  if (moment !== undefined) return moment
  if (ACTION.test(lower)) return 'action'
  return !mayBePersonal && isPersonal(lower) ? 'personal' : undefined
}
