// Learning from 1,500 labels of RouteLLM's half of MMLU, and routing the rest of it.
import {
  banded,
  fitRidge,
  lengthScale,
  rarity,
  rowsOf,
  scoreOf,
  weighed,
} from '../../training/router/ridge.mjs'
import { seeded } from '../seeded.mjs'
import { difference, drawsOf, intervalsOf, onceEach } from './bootstrap.mjs'
import { aucOf, curveOf, orderOf } from './curve.mjs'

const LABELS = 1500
const SPLITS = 5
const NEIGHBOURS = 40
/** Fixed before these splits were drawn, on others of the same questions. */
const PENALTY = 5
const PLAIN_PENALTY = 10
/** Of the one feature that names the subject, beside words and runs of unit length. */
const SUBJECT_VALUE = 0.5

export function inDomain(questions, code) {
  const raw = rowsOf(
    questions.map(({ text }) => text),
    code,
  )
  const lengths = lengthScale(raw)
  const plain = weighed(raw, rarity(raw))
  const bands = banded(plain)
  const named = withSubject(bands, questions)
  const gains = questions.map(({ weak, strong }) => strong - weak)
  const right = { small: questions.map(({ weak }) => weak), large: questions.map(({ strong }) => strong) }
  const failures = right.small.map((value) => 1 - value)
  const methods = {}
  for (let split = 0; split < SPLITS; split++) {
    const { learned, rest } = stratified(questions, seeded(1000 + split))
    const labels = learned.map((at) => gains[at])
    const learn = (rows, penalty, targets = gains) =>
      fitRidge(
        { rows: learned.map((at) => rows.rows[at]), places: rows.places },
        learned.map((at) => targets[at]),
        { lengths, penalty },
      )
    const banded = learn(bands, PENALTY)
    const told = learn(named, PENALTY)
    const failing = learn(bands, PENALTY, failures)
    const toldFailing = learn(named, PENALTY, failures)
    const linear = learn(plain, PLAIN_PENALTY)
    const near = neighbours(plain, learned, labels)
    const bySubject = table(learned, questions, gains)
    const failuresBySubject = table(learned, questions, failures)
    const random = seeded(split)
    const scores = {
      'trimtab, weights by band of length': (at) => scoreOf(bands.rows[at], banded),
      'trimtab, one weight a feature': (at) => scoreOf(plain.rows[at], linear),
      'trimtab, told the subject too': (at) => scoreOf(named.rows[at], told),
      'trimtab, learned of failures alone': (at) => scoreOf(bands.rows[at], failing),
      'trimtab, both': (at) => scoreOf(named.rows[at], toldFailing),
      'nearest 40': (at) => near(plain.rows[at]),
      'mean of the subject (told, not guessed)': (at) => bySubject(questions[at].subject),
      'the same of failures alone': (at) => failuresBySubject(questions[at].subject),
      length: (at) => questions[at].text.length,
      random: () => random(),
      oracle: (at) => gains[at],
    }
    for (const [name, score] of Object.entries(scores)) {
      const all = new Float64Array(questions.length).fill(Number.NaN)
      for (const at of rest) all[at] = score(at)
      methods[name] ??= []
      methods[name].push(groupsOf(all, rest))
    }
  }
  return figures(methods, right, questions.length)
}

function figures(methods, right, count) {
  const failed = right.small.map((value) => 1 - value)
  const draws = drawsOf(count, seeded(7))
  const measured = Object.entries(methods).map(([name, splits]) => {
    const told = (counts) => meanOf(splits.map((groups) => figuresOf(groups, right, failed, counts)))
    const bySplit = splits.map((groups) => curveOf(groups, right, onceEach(count)).apgr)
    return { name, bySplit, told: told(onceEach(count)), drawn: draws.map(told) }
  })
  const [first] = measured
  return measured.map(({ name, bySplit, told, drawn }) => ({
    name,
    ...told,
    bySplit,
    intervals: intervalsOf(drawn),
    /** The first method less this one, on the same questions. */
    firstLessThis: {
      ...difference(first.told, told),
      intervals: intervalsOf(drawn.map((figures, draw) => difference(first.drawn[draw], figures))),
    },
  }))
}

function figuresOf(groups, right, failed, counts) {
  const { apgr, cpt50, cpt80 } = curveOf(groups, right, counts)
  return { apgr, cpt50, cpt80, auc: aucOf(groups, failed, counts) }
}

/** Of figures by name, over the splits. */
function meanOf(splits) {
  return Object.fromEntries(
    Object.keys(splits[0]).map((name) => [
      name,
      splits.reduce((sum, of) => sum + of[name], 0) / splits.length,
    ]),
  )
}

function groupsOf(scores, rest) {
  return orderOf(rest.map((at) => scores[at])).map((group) => group.map((place) => rest[place]))
}

/** One feature more: which subject it is. */
function withSubject({ rows, places }, questions) {
  const subjects = [...new Set(questions.map(({ subject }) => subject))]
  return {
    places: places + subjects.length,
    rows: rows.map(({ ids, values, length }, at) => ({
      ids: Int32Array.of(...ids, places + subjects.indexOf(questions[at].subject)),
      values: Float32Array.of(...values, SUBJECT_VALUE),
      length,
    })),
  }
}

/** As many of each subject as its share. */
function stratified(questions, random) {
  const bySubject = Map.groupBy?.(questions.keys(), (at) => questions[at].subject) ?? grouped(questions)
  const ranked = []
  for (const members of bySubject.values()) {
    const shuffled = members.map((at) => ({ at, key: random() })).sort((left, right) => left.key - right.key)
    shuffled.forEach(({ at }, place) => {
      ranked.push({ at, rank: (place + random()) / shuffled.length })
    })
  }
  ranked.sort((left, right) => left.rank - right.rank)
  const order = ranked.map(({ at }) => at)
  return { learned: order.slice(0, LABELS), rest: order.slice(LABELS) }
}

function grouped(questions) {
  const found = new Map()
  questions.forEach(({ subject }, at) => {
    if (!found.has(subject)) found.set(subject, [])
    found.get(subject).push(at)
  })
  return found
}

function table(learned, questions, gains) {
  const sums = new Map()
  for (const at of learned) {
    const sum = sums.get(questions[at].subject) ?? { total: 0, count: 0 }
    sum.total += gains[at]
    sum.count++
    sums.set(questions[at].subject, sum)
  }
  return (subject) => {
    const sum = sums.get(subject)
    return sum === undefined ? 0 : sum.total / sum.count
  }
}

function neighbours({ rows, places }, learned, labels) {
  const having = Array.from({ length: places })
  learned.forEach((at, place) => {
    rows[at].ids.forEach((id, nth) => {
      having[id] ??= []
      having[id].push(place, rows[at].values[nth])
    })
  })
  const likeness = new Float64Array(learned.length)
  return ({ ids, values }) => {
    likeness.fill(0)
    for (let nth = 0; nth < ids.length; nth++) {
      const list = having[ids[nth]]
      if (list === undefined) continue
      for (let at = 0; at < list.length; at += 2) likeness[list[at]] += list[at + 1] * values[nth]
    }
    const nearest = Array.from(likeness.keys()).sort((left, right) => likeness[right] - likeness[left])
    return nearest.slice(0, NEIGHBOURS).reduce((sum, place) => sum + labels[place], 0) / NEIGHBOURS
  }
}
