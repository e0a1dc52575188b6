// Wrong answers per hit where the safest 2, 5 and 10 % of a stream are served, by the labels and after reading.
import { count, figures, tally } from './replay.mjs'
import { best } from './traffic.mjs'
import { verdictOf } from './verdicts.mjs'

const SHARES = [0.02, 0.05, 0.1]

/** @returns by share: figures by the labels, after reading (what nobody read counts as wrong), how many nobody read, and the highest risk served */
export function atShares(passes, { questions }, semantic, calibration) {
  const text = (row) => questions[row].text
  const totals = SHARES.map(() => ({ labels: tally(), read: tally(), unread: 0, risk: 0 }))
  for (const requests of passes) {
    let asked = 0
    const found = []
    for (const { row, candidates } of requests) {
      asked += 1
      const one = best(candidates, semantic, calibration)
      if (one !== undefined) found.push({ asked: row, ...one })
    }
    found.sort((one, other) => one.risk - other.risk)
    for (const [index, share] of SHARES.entries()) {
      const served = found.slice(0, Math.round(share * asked))
      const { labels, read } = totals[index]
      totals[index].risk = Math.max(totals[index].risk, served.at(-1)?.risk ?? 0)
      labels.requests += asked - served.length
      read.requests += asked - served.length
      for (const { asked: row, row: remembered, right } of served) {
        const verdict = right ? undefined : verdictOf(text(row), text(remembered))
        count(labels, true, !right)
        count(read, true, !right && verdict !== 'may be served')
        if (!right && verdict === undefined) totals[index].unread += 1
      }
    }
  }
  return Object.fromEntries(
    SHARES.map((share, index) => {
      const { labels, read, unread, risk } = totals[index]
      return [share, { labels: figures(labels, semantic), read: figures(read, semantic), unread, risk }]
    }),
  )
}
