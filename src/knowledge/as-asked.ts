/** Whether a question is one of the operator's own pairs, or only looks like it. */
import { type AnswerKind, readQuestion } from './question.ts'

const CONTRACTED: Readonly<Record<string, string>> = {
  "can't": 'can not',
  cannot: 'can not',
  "won't": 'will not',
  "shan't": 'shall not',
  "i'm": 'i am',
  "let's": 'let us',
}

const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/n't$/, ' not'],
  [/'re$/, ' are'],
  [/'ve$/, ' have'],
  [/'ll$/, ' will'],
  // Elsewhere it may be whose something is.
  [/^(what|who|where|when|why|how|that|there|here|it|he|she)'s$/, '$1 is'],
]

/** What people say around a question, and articles: without them it asks the same. */
const AROUND = new Set('a an the please pls kindly hi hello hey thanks'.split(' '))

/** Equal of questions that are the same but for case, punctuation, contractions, articles and politeness; words and order count. */
export function asAsked(question: string): string {
  const written = question.normalize('NFKC').replace(/[’ʼ]/g, "'").toLowerCase()
  const words = (written.match(/[\p{L}\p{M}\p{N}'%€$£+#°]+/gu) ?? []).map((word) =>
    uncontracted(word.replace(/^'+|'+$/g, '')),
  )
  const told = words.filter((word) => word !== '' && !AROUND.has(word))
  return (told.length > 0 ? told : words).join(' ')
}

function uncontracted(word: string): string {
  const known = CONTRACTED[word]
  if (known !== undefined) return known
  for (const [ending, full] of ENDINGS) if (ending.test(word)) return word.replace(ending, full)
  return word
}

/** Kinds that one answer may serve; `name` and `thing` are asked in too many ways to tell. */
const SERVED: Readonly<Partial<Record<AnswerKind, readonly AnswerKind[]>>> = {
  person: ['person'],
  place: ['place'],
  time: ['time', 'duration'],
  duration: ['duration', 'time', 'count'],
  count: ['count', 'share', 'duration'],
  share: ['share', 'count'],
  reason: ['reason'],
  manner: ['manner'],
}

const DENIES = /\b(?:not|never|no|none|nobody|nothing|nowhere|neither|nor|without)\b/

/** Also as statements deny: by refusing, lacking, excluding. */
const DENIES_IN_WORDS =
  /\b(?:cannot|(?:un|in)able|except|unless|other than|rather than|instead|hardly|lost|missing|(?:refus|fail|lack|den|reject|forb|prohibit|exclud|avoid|abstain|prevent|oppos)[a-z]*)\b/

/** Whether the question denies something ("when is it not paid?") that the text does not: it tells of the contrary, then. */
export function deniesAlone(question: string, text: string): boolean {
  if (!DENIES.test(asAsked(question))) return false
  const told = asAsked(text)
  return !DENIES.test(told) && !DENIES_IN_WORDS.test(told)
}

/** Whether the answer to the one is none to the other, however alike their words are: "when" for "how", "not" for none. */
export function asksOtherwise(question: string, other: string): boolean {
  if (DENIES.test(asAsked(question)) !== DENIES.test(asAsked(other))) return true
  const [one, two] = [readQuestion(question).kind, readQuestion(other).kind]
  const served = SERVED[one]
  return served !== undefined && SERVED[two] !== undefined && !served.includes(two)
}
