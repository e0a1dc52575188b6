// The made stream: intents as a FAQ whose answers change. Every so many requests one intent's right answer becomes another;
// whatever was remembered for it before is wrong from then on. What the model answers is remembered, for all systems alike.
import { seeded } from '../seeded.mjs'
import { split } from './streams.mjs'
import { scored } from './traffic.mjs'
import { nearest } from './vectors.mjs'

/** Requests after which the right answer of one more intent changes. */
const CHANGE_EVERY = 40
/** Neighbours kept for each question, of all the set's: not each is remembered when it is asked. */
const KEPT = 40
const RETRIEVED = 8

/** Neighbours and scores, which do not depend on what is remembered when. */
export function prepareDrift(set, seed, semantic, embedding) {
  const halves = split(set.questions.length, seed)
  const everything = [...halves.remembered, ...halves.asked]
  const found = nearest(set.minilm.file, set.minilm.dimensions, KEPT, {
    remembered: everything,
    asked: halves.asked,
  })
  const score = scored(set, halves.remembered, semantic, embedding)
  return { set, seed, halves, found, score, scores: new Map() }
}

/** Requests as of `traffic`, each made when it is asked; `answered` and `disproved` change the memory of this run alone. */
export function* drifting({ set, seed, halves, found, score, scores }, changes = true) {
  const random = seeded(1000 + seed)
  const keys = [...new Set(set.questions.map(({ key }) => key))]
  const versions = new Map(keys.map((key) => [key, 0]))
  const memory = new Map(halves.remembered.map((row) => [row, 0]))
  for (const [index, asked] of halves.asked.entries()) {
    if (changes && index % CHANGE_EVERY === CHANGE_EVERY - 1) {
      const key = keys[Math.floor(random() * keys.length)]
      versions.set(key, versions.get(key) + 1)
    }
    const { key } = set.questions[asked]
    const isRight = (row) => set.questions[row].key === key && memory.get(row) === versions.get(key)
    const there = found[index].filter(({ row }) => row !== asked && memory.has(row)).slice(0, RETRIEVED)
    if (!scores.has(asked)) scores.set(asked, new Map())
    const known = scores.get(asked)
    for (const { row } of there) if (!known.has(row)) known.set(row, score(asked, row) ?? null)
    yield {
      row: asked,
      key,
      nearest: { row: there[0].row, similarity: there[0].cosine, right: isRight(there[0].row) },
      candidates: there.flatMap(({ row }) => {
        const one = known.get(row)
        return one === null ? [] : [{ ...one, right: isRight(row) }]
      }),
      answered: () => memory.set(asked, versions.get(key)),
      disproved: (row) => memory.delete(row),
    }
  }
}
