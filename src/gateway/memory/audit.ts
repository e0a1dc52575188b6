/** Asks a model, behind the caller's back, what a served hit should have said: how often hits are wrong is known by it. */
import type { RememberedAnswer } from '../../cache/exact-store.ts'
import type { ResolvedWorkflow } from '../../policy/resolve-workflow.ts'
import type { Departure } from '../journey.ts'
import { subRequest } from '../sub-request.ts'
import { compared } from './compare.ts'
import type { Matching } from './match.ts'

/** Never throws: the caller has its answer. */
export function audit(
  journey: Departure,
  resolved: ResolvedWorkflow,
  matching: Matching,
  served: RememberedAnswer,
): void {
  const judged = { ...matching, remembered: served }
  void subRequest(journey, journey.incoming, resolved, {
    reason: 'audit of',
    keeper: (departure, answer) => compared(departure, judged, answer),
  })
}
