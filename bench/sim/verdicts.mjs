// What must hold of our strategies, of a workload's runs.
import { ratio } from './figures.mjs'

/** As good as the best: within 3 %. */
const AS_GOOD = 1.03
const TIMES_ROUND_ROBIN = 2
/** A server that gets so much of eight's traffic is hot. */
const HOT_SHARE = 0.4

/** `runs`: of each strategy, figures by seed. `{ best, beside, roundRobin, isMet }`; ratios of first-token p90, ours over theirs. */
export function verdictOf({ isShared }, runs, name) {
  const p90 = (strategy) => runs[strategy].map(({ p90Ms }) => p90Ms)
  const mean = (strategy) => p90(strategy).reduce((sum, value) => sum + value, 0) / p90(strategy).length
  const others = Object.keys(runs).filter((strategy) => !strategy.startsWith('ours'))
  const best = others.reduce((least, strategy) => (mean(strategy) < mean(least) ? strategy : least))
  const beside = ratio(p90(name), p90(best))
  const roundRobin = ratio(p90('round robin'), p90(name))
  const isAsGood = beside.mean <= AS_GOOD
  const isTwice = !isShared || roundRobin.mean >= TIMES_ROUND_ROBIN
  return { best, beside, roundRobin, isMet: isAsGood && isTwice }
}

/** Whether a strategy sends most of what comes to one server. */
export function isHot(runs) {
  return runs.some(({ busiest }) => busiest > HOT_SHARE)
}
