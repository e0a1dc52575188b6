/** Which kinds of answers a sentence holds that its question does not hold itself. */
import type { AnswerKind } from './question.ts'

const MONTH = '(?:january|february|march|april|may|june|july|august|september|october|november|december)'
const NUMBER_WORD =
  '(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion|trillion|dozen|half|third|quarter|first|second|single|both|several|twice)'
const UNIT = '(?:second|minute|hour|day|week|month|year|decade|century|centurie)s?'

const TIME = new RegExp(
  `\\b(?:1\\d{3}|20\\d{2}|\\d{3,4}s)\\b|\\b${MONTH}\\b|\\b(?:century|centuries|decade|spring|summer|autumn|winter|today|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\\b|\\b\\d+ (?:bc|ad|bce|ce)\\b|\\b\\d+ ${UNIT} ago\\b`,
  'gi',
)
const COUNT = new RegExp(`\\d[\\d.,]*|\\b${NUMBER_WORD}\\b|½`, 'gi')
const SHARE = /\d[\d.,]*\s?(?:%|percent|per cent)|\b(?:half|third|quarter|fifth|tenth|majority|percent)\b/gi
const DURATION = new RegExp(
  `(?:\\d[\\d.,]*|\\b${NUMBER_WORD}\\b)[\\s-]+(?:\\w+\\s)?${UNIT}\\b|\\b(?:daily|weekly|monthly|yearly|annually|annual|decades|centuries|years)\\b`,
  'gi',
)
const REASON =
  /\b(?:because|since|due to|owing to|as a result|result(?:ed|ing|s)? (?:in|from)|caus(?:e|ed|es|ing)|therefore|thus|hence|so that|in order to|led to|leading to|reason|for fear|to (?:avoid|prevent|protect|make|gain|ensure|allow|reduce|help))\b/gi
const MANNER = /\b(?:by|through|using|via|with|means of|method|process)\b/gi
const NAME =
  /(?<![.!?]["”']?\s)(?<!^)\b\p{Lu}[\p{L}'’-]+(?:\s+(?:(?:of|the|de|von|van|and|for)\s+)*\p{Lu}[\p{L}'’-]+)*/gu
const OPENING_NAME = /(?:^|[.!?]["”']?\s+)((?:The\s+)?\p{Lu}[\p{L}'’-]+(?:\s+\p{Lu}[\p{L}'’-]+)+)/gu

/**
 * How many answers of that kind the text holds, 3 at most; undefined for a kind that no form tells.
 * @param asks says whether the question holds a word itself, in lower case
 */
export function answersOf(
  kind: AnswerKind,
  text: string,
  asks: (word: string) => boolean,
): number | undefined {
  switch (kind) {
    case 'time':
      return counted(text, [TIME], asks)
    case 'count':
      return counted(text, [COUNT], asks)
    case 'share':
      return counted(text, [SHARE], asks)
    case 'duration':
      return counted(text, [DURATION], asks)
    case 'reason':
      return counted(text, [REASON], () => false)
    case 'manner':
      return counted(text, [MANNER], () => false)
    case 'person':
    case 'place':
    case 'name':
      return counted(text, [NAME, OPENING_NAME], asks)
    case 'thing':
      return undefined
    default:
      return kind satisfies never
  }
}

const MOST = 3

function counted(text: string, patterns: readonly RegExp[], asks: (word: string) => boolean): number {
  let found = 0
  for (const pattern of patterns) {
    for (const match of text.matchAll(pattern)) {
      const words = match[0].toLowerCase().match(/[\p{L}\p{N}.,%]+/gu) ?? []
      if (words.some((word) => !/^(?:the|of|and|de|von|van|for)$/.test(word) && !asks(word))) found++
      if (found >= MOST) return found
    }
  }
  return found
}
