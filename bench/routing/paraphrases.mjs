// Other wordings of the same question, made by rule, and how often they are decided otherwise.
import { multipleChoice } from '../../training/router/texts.mjs'

const MOST = 1500

/** Each keeps the meaning: courtesy around it, options in another order or under other marks, letter case, white space. */
const WORDINGS = {
  'please before': ({ question, options }) => `Please answer the following question.\n${multipleChoice(question, options)}`,
  'thanks after': ({ question, options }) => `${multipleChoice(question, options)}\nThanks!`,
  'options reversed': ({ question, options }) => multipleChoice(question, [...options].reverse()),
  'options by number': ({ question, options }) =>
    [question, ...options.map((option, at) => `(${at + 1}) ${option}`), 'Answer:'].join('\n'),
  'lower case': ({ text }) => text.toLowerCase(),
  'other white space': ({ text }) => text.replace(/\n/g, '\n\n').replace(/ {1}/g, '  '),
}

/** @param tell a text's difficulty; the threshold is the median over the questions as they stand. */
export function flips(questions, tell) {
  const asked = questions.slice(0, MOST)
  const known = asked.map((question) => tell(question.text))
  const numbers = known.filter((value) => value !== 'unknown').sort((left, right) => left - right)
  const threshold = numbers[Math.floor(numbers.length / 2)]
  const isSmall = (value) => value !== 'unknown' && value < threshold
  const rows = Object.entries(WORDINGS).map(([name, wording]) => ({
    name,
    flipped: share(asked, (question, at) => isSmall(tell(wording(question))) !== isSmall(known[at])),
  }))
  return { questions: asked.length, threshold, rows, all: rows.reduce((sum, row) => sum + row.flipped, 0) / rows.length }
}

/** Disfluent and fluent forms of one question. @param decide what is compared */
export function factFlips(pairs, decide) {
  return share(pairs, ({ original, disfluent }) => decide(original) !== decide(disfluent))
}

function share(items, holds) {
  return items.filter((item, at) => holds(item, at)).length / items.length
}
