// Trimtab's layers over a stream, request by request: what is served, what the audits say, and where the share settles.

import { seeded } from '../seeded.mjs'
import { best } from './traffic.mjs'

/** Wrong answers per request are looked at from here on: one wrong answer among the first few is no rate. */
const FROM_REQUEST = 300

/**
 * @param passes streams of one workflow one after another, each with its own remembered half; the confidence goes on. What a
 * drifting one remembers changes: `answered` where the model was asked, `disproved` where an entry was judged wrong
 * @param judge how often it errs, either way, and whether misses are judged too
 */
export function replay(passes, semantic, calibration, policy, judge) {
  const confidence = new semantic.Confidence({ ...policy, judgeError: judge.known ?? 0 }, calibration.curve)
  const random = seeded(99)
  const before = tally()
  const after = tally()
  const all = tally()
  let mostWrong = 0
  let warmed = false
  const settled = []
  for (const requests of passes) {
    const entries = new Map()
    for (const request of requests) {
      const found = best(allowed(request, entries, semantic, confidence), semantic, calibration)
      const decision = confidence.decide(found?.risk)
      const wrong = found !== undefined && !found.right
      for (const one of [all, warmed ? after : before]) count(one, decision.serve, wrong)
      if (found !== undefined && (decision.audit || (judge.misses && !decision.serve))) {
        const said = random() < judge.error ? !wrong : wrong
        confidence.judged(found.risk, { served: decision.serve, wrong: said })
        if (said) request.disproved?.(found.row)
        const known = entries.get(found.row) ?? []
        entries.set(found.row, semantic.observed(known, { similarity: found.similarity, right: !said }))
      }
      if (decision.audit || !decision.serve) request.answered?.()
      warmed ||= confidence.report().audited >= policy.firstAudits
      if (all.requests >= FROM_REQUEST) mostWrong = Math.max(mostWrong, all.wrong / all.requests)
    }
    settled.push(confidence.report().servedShare)
  }
  const { bands: _, ...report } = confidence.report()
  return { before, after, all, mostWrong, settled, report }
}

/** Share, wrong per hit and per request, the latter two with Wilson's interval of 95 %. */
export function figures({ requests, hits, wrong }, semantic) {
  return {
    requests,
    hits,
    wrong,
    hitRate: hits / Math.max(1, requests),
    wrongPerHit: interval(wrong, hits, semantic),
    wrongPerRequest: interval(wrong, requests, semantic),
  }
}

export function tally() {
  return { requests: 0, hits: 0, wrong: 0 }
}

export function count(into, isServed, isWrong) {
  into.requests += 1
  if (isServed) into.hits += 1
  if (isServed && isWrong) into.wrong += 1
}

function interval(part, whole, semantic) {
  const [lower, upper] = semantic.wilson(part, whole)
  return { share: part / Math.max(1, whole), lower, upper }
}

function allowed({ candidates }, entries, semantic, confidence) {
  return candidates.filter(({ row, similarity }) => {
    const known = entries.get(row)
    return known === undefined || semantic.entryMayServe(known, similarity, confidence.wrongPerHit)
  })
}
