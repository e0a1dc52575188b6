/** Asks a model, behind the caller's back, what a served hit should have said: how often hits are wrong is known by it. */
import type { RememberedAnswer } from '../cache/exact-store.ts'
import { requestId } from '../metering/request-id.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import { ask } from './ask.ts'
import { compared } from './compare.ts'
import { Entry } from './entry.ts'
import type { Departure } from './journey.ts'
import type { Matching } from './match.ts'
import { recordedPassage } from './passage.ts'
import { notePolicy } from './resolve.ts'
import type { UnheardSink } from './unheard-sink.ts'

/**
 * A request of its own in the ledger, under the workflow that caused it; it counts as overhead, and in budgets. Never throws:
 * the caller has its answer.
 */
export function audit(
  departure: Departure,
  resolved: ResolvedWorkflow,
  matching: Matching,
  served: RememberedAnswer,
): void {
  const judged = { ...matching, remembered: served }
  departure.gateway.audits.start((sink) => askBehind(departure, resolved, judged, sink))
}

async function askBehind(
  { incoming, gateway }: Departure,
  resolved: ResolvedWorkflow,
  matching: Matching,
  sink: UnheardSink,
): Promise<void> {
  const at = gateway.now()
  const asked = { ...incoming, id: requestId(at, gateway.random), at }
  const entry = new Entry(asked, gateway, undefined)
  const departure = {
    incoming: asked,
    entry,
    allowance: undefined,
    sink,
    gateway,
    startedMs: gateway.elapsedMs(),
  }
  notePolicy(entry, resolved)
  entry.decision.semantic = { reasons: [`audit of ${incoming.id}`] }
  const passage = recordedPassage(departure, {
    twinName: undefined,
    cache: 'audit',
    cacheStatus: '',
    keepers: [(answer) => compared(departure, matching, answer)],
  })
  // A fault of ours is in the ledger as one; nobody waits for it.
  await ask(departure, resolved, passage)
}
