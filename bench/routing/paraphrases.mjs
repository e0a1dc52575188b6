// Other wordings of the same question, made by rule, and how often they are decided otherwise.
import { multipleChoice } from '../../training/router/texts.mjs'
import { seeded } from '../seeded.mjs'
import { drawsOf, intervalsOf, onceEach } from './bootstrap.mjs'

const MOST = 1500

/** Each keeps the meaning: courtesy around it, options in another order or under other marks, letter case, white space. */
const WORDINGS = {
  'please before': ({ question, options }) =>
    `Please answer the following question.\n${multipleChoice(question, options)}`,
  'thanks after': ({ question, options }) => `${multipleChoice(question, options)}\nThanks!`,
  'options reversed': ({ question, options }) => multipleChoice(question, [...options].reverse()),
  'options by number': ({ question, options }) =>
    [question, ...options.map((option, at) => `(${at + 1}) ${option}`), 'Answer:'].join('\n'),
  'lower case': ({ text }) => text.toLowerCase(),
  'other white space': ({ text }) => text.replace(/\n/g, '\n\n').replace(/ {1}/g, '  '),
}

/** @param tell a text's difficulty; the threshold is the median over the questions as they stand, and stays in every draw. */
export function flips(questions, tell) {
  const asked = questions.slice(0, MOST)
  const known = asked.map((question) => tell(question.text))
  const numbers = known.filter((value) => value !== 'unknown').sort((left, right) => left - right)
  const threshold = numbers[Math.floor(numbers.length / 2)]
  const isSmall = (value) => value !== 'unknown' && value < threshold
  const flipped = Object.entries(WORDINGS).map(([name, wording]) => [
    name,
    asked.map((question, at) => Number(isSmall(tell(wording(question))) !== isSmall(known[at]))),
  ])
  const all = asked.map((_, at) => flipped.reduce((sum, [, of]) => sum + of[at], 0) / flipped.length)
  const rates = ratesOf({ ...Object.fromEntries(flipped), all })
  return {
    questions: asked.length,
    threshold,
    rows: flipped.map(([name]) => ({ name, ...rates[name] })),
    all: rates.all,
  }
}

/** Disfluent and fluent forms of one question. @param decide what is compared, by name */
export function factFlips(pairs, decide) {
  const decided = pairs.map(({ original, disfluent }) => [decide(original), decide(disfluent)])
  const differing = (name) => decided.map(([one, another]) => Number(one[name] !== another[name]))
  return ratesOf(Object.fromEntries(Object.keys(decided[0][0]).map((name) => [name, differing(name)])))
}

/** `{ flipped, interval }` by name. @param flipped a share of each question, all in the same order and so drawn together */
function ratesOf(flipped) {
  const entries = Object.entries(flipped)
  const count = entries[0][1].length
  const shares = (counts) => Object.fromEntries(entries.map(([name, of]) => [name, share(of, counts)]))
  const intervals = intervalsOf(drawsOf(count, seeded(5)).map(shares))
  return Object.fromEntries(
    Object.entries(shares(onceEach(count))).map(([name, rate]) => [
      name,
      { flipped: rate, interval: intervals[name] },
    ]),
  )
}

function share(flipped, counts) {
  return flipped.reduce((sum, of, at) => sum + counts[at] * of, 0) / flipped.length
}
