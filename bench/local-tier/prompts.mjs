// What is asked of a local tier: real questions and real tasks, in an order that is the same in every run.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { seeded } from '../seeded.mjs'

/** Longer ones would not fit a slot's context. */
const MOST_CHARACTERS = 3000

/**
 * `{ kind, text }` of each: simple questions (nq_open) and hard tasks (arena_hard) of the folder `data`, or what the
 * real model's example asks where there is none.
 */
export function readPrompts(data) {
  if (data === undefined) {
    const example = fileURLToPath(new URL('../../examples/real-model/questions.json', import.meta.url))
    return JSON.parse(readFileSync(example, 'utf8')).questions.map((text) => ({ kind: 'question', text }))
  }
  const questions = readLines(join(data, 'questions/nq_open_dev.jsonl.gz')).map(({ question }) => question)
  const tasks = readLines(join(data, 'questions/arena_hard_v0.1.jsonl.gz')).map(({ prompt }) => prompt)
  return [...ofKind('nq_open', questions), ...ofKind('arena_hard', tasks)]
}

/** As many of each kind, mixed. */
export function evenly(prompts, count, seed = 1) {
  const kinds = [...new Set(prompts.map(({ kind }) => kind))]
  const random = seeded(seed)
  const chosen = kinds.flatMap((kind) =>
    shuffled(
      prompts.filter((prompt) => prompt.kind === kind),
      random,
    ).slice(0, Math.ceil(count / kinds.length)),
  )
  return shuffled(chosen, random).slice(0, count)
}

function readLines(file) {
  const text = gunzipSync(readFileSync(file)).toString()
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

function ofKind(kind, texts) {
  return texts.filter((text) => text.length <= MOST_CHARACTERS).map((text) => ({ kind, text }))
}

function shuffled(items, random) {
  const all = [...items]
  for (let last = all.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const kept = all[last]
    all[last] = all[other]
    all[other] = kept
  }
  return all
}
