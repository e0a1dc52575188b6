/** Decides recorded traffic again, under one set of policies or several at once, and forecasts what that comes to. */

import type { Pricer } from '../metering/price.ts'
import type { RecordedRequest, RecordedTraffic } from '../metering/recorded-request.ts'
import type { PolicySet } from '../policy/policy.ts'
import type { Registry } from '../providers/registry.ts'
import { hourClock } from '../routing/hour-clock.ts'
import { forecastRequest, outcomeOf } from './forecast-request.ts'
import { Measured } from './measured.ts'
import { type RedecideParts, redecide } from './redecide.ts'
import type { ReplayResult } from './replay-result.ts'
import { Tally } from './tally.ts'

export interface Candidate {
  policies: PolicySet
  /** Only its requests are decided again and told; what targets do is learned from all. */
  workflow?: string | undefined
}

export interface ReplayParts {
  traffic: RecordedTraffic
  registry: Registry
  pricer: Pricer
  /** Told now and then; `done` of `whole`. */
  progress?: (done: number, whole: number) => void
}

const TOLD_EVERY = 2000

/** One result for each candidate, in their order. The ledger is read twice: to measure, and to decide. */
export async function replay(
  candidates: readonly Candidate[],
  { traffic, registry, pricer, progress = () => {} }: ReplayParts,
): Promise<readonly ReplayResult[]> {
  const whole = 2 * traffic.count()
  const measured = new Measured()
  let done = 0
  const step = (): void => {
    if (++done % TOLD_EVERY === 0) progress(done, whole)
  }
  await traffic.forEach((request) => {
    measured.add(request)
    step()
  })
  const hourIn = hourClock()
  const keyWorkflows = traffic.keyWorkflows()
  const replays = candidates.map(({ policies, workflow }) => ({
    workflow,
    tally: new Tally(),
    parts: { policies, registry, hourIn, keyWorkflows },
  }))
  await traffic.forEach((request) => {
    step()
    for (const { workflow, tally, parts } of replays) {
      if (workflow === undefined || request.workflow === workflow)
        count(request, tally, parts, { measured, pricer })
    }
  })
  progress(whole, whole)
  return replays.map(({ tally }) => tally.finish())
}

function count(
  request: RecordedRequest,
  tally: Tally,
  parts: RedecideParts,
  known: { measured: Measured; pricer: Pricer },
): void {
  const was = outcomeOf(request)
  const again = redecide(request, parts)
  if (again.kind === 'kept') tally.kept(request, again.reason, was)
  else if (again.kind === 'same') tally.same(request, again, was)
  else if (again.kind === 'refused') tally.refused(request, again, was)
  else tally.decided(request, again, was, forecastRequest(request, again, known))
}
