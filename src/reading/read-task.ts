/** Which kind of task a text asks for, by the words that people ask with: whatever has the most weight of signs. */
import type { Ask } from './ask.ts'
import { MAKING, MATH_WORDS, NOUNS, QUESTION_WORDS, TONGUES, VERBS } from './task-words.ts'
import { TASKS, type Task } from './tasks.ts'

export interface TaskReading {
  task: Task
  /** Words of the text that speak for it, the strongest first, at most three. */
  signs: readonly string[]
}

/** How much a sign says: what is asked outright counts most, a word on its own hardly. */
const ASKED = 4
const OPENING = 3
/** Who is told to play a part may be told to write as well. */
const PLAYED_WEIGHT = 5
const SHAPE = 2
const QUESTION = 1.5
const MENTIONED = 0.5
/** Below it, what was found is chance. */
const LEAST = 1
/** Words between "write" and what is to be written. */
const REACH = 7
/** Of several wishes, the first is the one; later sentences say more about it. */
const LATER = 0.6
/** A text of so few words that asks for nothing is small talk. */
const FEW_WORDS = 8

const PLAYED =
  /\b(?:act|behave|respond|reply|speak|talk) (?:as|like) (?:an?|my|the|if)\b|\b(?:play the (?:role|part)|role[- ]?play|pretend (?:to be|that you|you)|imagine (?:you are|you're|that you))\b/i
/** What a prompt begins with that then asks for something else, too. */
const CAST = /\byou (?:are|will be) (?:now )?(?:an?|my|the) [\w-]+/i
const OPTIONS = /(?:^|\n)\s*\(?[Aa1][).:]\s.*\n\s*\(?[Bb2][).:]\s/
const SUM =
  /\d\s*[-+*/^×÷=]\s*(?:\d+|[(a-z])|[a-z]\s*(?:\^|\*\*)\s*\d|\\(?:frac|int|sum|sqrt|begin)\b|[∫∑√≤≥π]|\$[^$\n]{2,60}\$/
const HOW_MUCH = /\bhow (?:many|much|long|far|fast|old)\b/i
const SAY_IN =
  /\bhow (?:do|would|can|to) (?:you |i |we )?say\b|\b(?:in|into|to|from) (?:the )?([a-z]+)(?: language)?\b/gi
const SHORT_OF =
  /\btl;?dr\b|\bin (?:one|two|three|\d+) (?:sentence|bullet|word|paragraph)s?\b|\bkey (?:points|takeaways|ideas)\b/i
const CHATTER =
  /\bhow are you\b|\bgood (?:morning|evening|night|afternoon)\b|\bwhat's up\b|\bnice to meet\b|\bthank(?:s| you)\b/i

export function readTask(ask: Ask, codeSigns: readonly string[]): TaskReading {
  const scores = new Scores()
  readWords(ask, scores)
  readShape(ask.text, scores)
  const chatter = ask.words.length <= FEW_WORDS ? CHATTER.exec(ask.text) : null
  if (chatter !== null) scores.add('chat', SHAPE, chatter[0])
  for (const [at, sign] of codeSigns.entries()) scores.add('code', at === 0 ? SHAPE : 1, sign)
  const best = scores.best()
  if (best !== undefined && best.score >= LEAST) return { task: best.task, signs: best.signs }
  if (ask.text.includes('?')) return { task: 'question_answering', signs: ['?'] }
  const isShort = ask.words.length > 0 && ask.words.length <= FEW_WORDS && !ask.isCut
  return isShort
    ? { task: 'chat', signs: ['a few words that ask for nothing'] }
    : { task: 'other', signs: [] }
}

function readWords({ words, opens }: Ask, scores: Scores): void {
  let weight = 1
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    const isOpening = opens[at] === 1
    const made = MAKING.has(word) ? madeAfter(words, at) : undefined
    if (made !== undefined) {
      for (const task of NOUNS.get(made) as readonly Task[]) {
        scores.add(task, weight * (isOpening ? ASKED : QUESTION), `${word} … ${made}`)
      }
    }
    const tasks = VERBS.get(word)
    if (tasks !== undefined) {
      for (const task of tasks) scores.add(task, isOpening ? weight * OPENING : MENTIONED, word)
    }
    if (isOpening && QUESTION_WORDS.has(word)) scores.add('question_answering', weight * QUESTION, word)
    if (MATH_WORDS.has(word)) scores.add('math', MENTIONED, word)
    if (isOpening && (tasks !== undefined || made !== undefined)) weight = LATER
  }
}

/** What "write" is about to write: the first noun that says so. */
function madeAfter(words: readonly string[], at: number): string | undefined {
  const end = Math.min(words.length, at + 1 + REACH)
  for (let next = at + 1; next < end; next++) if (NOUNS.has(words[next] as string)) return words[next]
  return undefined
}

function readShape(text: string, scores: Scores): void {
  const played = PLAYED.exec(text)
  if (played !== null) scores.add('roleplay', PLAYED_WEIGHT, played[0])
  const cast = CAST.exec(text)
  if (cast !== null) scores.add('roleplay', QUESTION, cast[0])
  if (OPTIONS.test(text)) scores.add('question_answering', ASKED, 'options to choose from')
  const sum = SUM.exec(text)
  if (sum !== null) scores.add('math', SHAPE, sum[0])
  const amount = HOW_MUCH.exec(text)
  if (amount !== null && countNumbers(text) >= 2) scores.add('math', SHAPE, `${amount[0]}, with numbers`)
  const short = SHORT_OF.exec(text)
  if (short !== null) scores.add('summarization', QUESTION, short[0])
  readTongues(text, scores)
}

/** "In Spanish" alone asks for an answer in Spanish; with "say", or a verb of translation, it is one. */
function readTongues(text: string, scores: Scores): void {
  for (const [said, tongue] of text.matchAll(SAY_IN)) {
    if (tongue === undefined) scores.add('translation', QUESTION, said)
    else if (TONGUES.has(tongue.toLowerCase())) scores.add('translation', 1, said)
  }
}

function countNumbers(text: string): number {
  return text.match(/\d+(?:[.,]\d+)?/g)?.length ?? 0
}

class Scores {
  readonly #scores: number[] = new Array(TASKS.length).fill(0)
  readonly #signs: { task: Task; weight: number; sign: string }[] = []

  add(task: Task, weight: number, sign: string): void {
    const at = (TASKS as readonly Task[]).indexOf(task)
    this.#scores[at] = (this.#scores[at] as number) + weight
    this.#signs.push({ task, weight, sign })
  }

  best(): { task: Task; score: number; signs: readonly string[] } | undefined {
    let best = 0
    for (let at = 1; at < this.#scores.length; at++) {
      if ((this.#scores[at] as number) > (this.#scores[best] as number)) best = at
    }
    const task = TASKS[best] as Task
    const score = this.#scores[best] as number
    if (score === 0) return undefined
    const found = this.#signs.filter((sign) => sign.task === task).sort((a, b) => b.weight - a.weight)
    return { task, score, signs: [...new Set(found.map(({ sign }) => sign))].slice(0, 3) }
  }
}
