// The mixed stream that the tiers are measured on: questions on documents, exam questions, open questions, hard prompts.

import { halvesOf } from '../knowledge/questions.mjs'
import { readMmlu, shuffled } from '../learning/mmlu.mjs'
import { seeded } from '../seeded.mjs'

const SEED = 1
/** Open questions for each question on the documents; hard prompts are taken as they are. */
const OPEN_SHARE = 0.5

/**
 * `{ rows, requests, teaching }`. A request: `{ source, text, answers?, small?, large? }`, where `small` and `large` tell
 * whether that model answers right: as recorded of exam questions; of questions on documents the small one is taken to be always
 * wrong and the large one always right. `teaching`: `{ text, agrees }` of questions that no request asks, whose labels say the same;
 * of open ones too the small model is taken to be wrong. `taught(draw)`: such questions in the mixture of the stream, one after
 * the other, for ever; of hard prompts too the small model is taken to be wrong.
 */
export function mixedStream(data) {
  const { calibrated, measured, all } = halvesOf(data)
  const random = seeded(SEED)
  const exam = shuffled(readMmlu(data), random).map(({ text, largeRight, agrees, smallRight }) => ({
    source: 'exam',
    text,
    small: smallRight,
    large: largeRight,
    agrees,
  }))
  const half = Math.floor(exam.length / 2)
  const documents = measured.questions.map(({ question, answers }) => ({
    source: 'documents',
    text: question,
    answers,
    small: false,
    large: true,
  }))
  const plain = (source, texts) => texts.map((text) => ({ source, text }))
  const open = shuffled(measured.natural, random).slice(0, Math.round(documents.length * OPEN_SHARE))
  const requests = shuffled(
    [
      ...documents,
      ...exam.slice(half, half + documents.length),
      ...plain('open', open),
      ...plain('hard', measured.arena),
    ],
    random,
  )
  const wrong = [
    ...calibrated.questions.map(({ question }) => question),
    ...calibrated.natural.slice(0, open.length * 2),
  ]
  const teaching = [...exam.slice(0, half), ...wrong.map((text) => ({ text, agrees: false }))]
  const sources = [
    [documents.length, calibrated.questions.map(({ question }) => ({ text: question, agrees: false }))],
    [documents.length, exam.slice(0, half).map(({ text, agrees }) => ({ text, agrees }))],
    [open.length, calibrated.natural.map((text) => ({ text, agrees: false }))],
    [measured.arena.length, calibrated.arena.map((text) => ({ text, agrees: false }))],
  ]
  return {
    rows: all,
    requests,
    teaching: shuffled(teaching, random),
    taught: (draw) => mixed(sources, seeded(SEED + draw)),
  }
}

/** @param sources `[share, questions]`; where all of a source have been asked, they are asked again */
function* mixed(sources, random) {
  const all = sources.reduce((sum, [share]) => sum + share, 0)
  const left = sources.map(() => [])
  for (;;) {
    let drawn = random() * all
    let at = 0
    while (drawn >= sources[at][0]) drawn -= sources[at++][0]
    if (left[at].length === 0) left[at] = shuffled(sources[at][1], random)
    yield left[at].pop()
  }
}
