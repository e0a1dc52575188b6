/** A request of trimtab's own, under the workflow that caused it: in the ledger, in budgets, and in nobody's limits. */
import { requestId } from '../metering/request-id.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import { ask } from './ask.ts'
import { Entry } from './entry.ts'
import type { Departure, Incoming } from './journey.ts'
import { type Keeper, recordedPassage } from './passage.ts'
import { UnheardSink } from './unheard-sink.ts'

/**
 * Resolves once it is over, and never rejects: a fault of ours is in the ledger as one, and nobody waits for it.
 * @param keeper gets the answer where it is whole
 */
export async function subRequest(
  { incoming: cause, entry: causing, gateway }: Departure,
  asked: Pick<Incoming, 'request' | 'principal'>,
  resolved: ResolvedWorkflow,
  { reason, keeper }: { reason: string; keeper: (departure: Departure, ...kept: Parameters<Keeper>) => void },
): Promise<void> {
  const at = gateway.now()
  const incoming = { ...cause, ...asked, id: requestId(at, gateway.random), at }
  const entry = new Entry(incoming, gateway, undefined)
  const startedMs = gateway.elapsedMs()
  const departure = { incoming, entry, allowance: undefined, sink: new UnheardSink(), gateway, startedMs }
  entry.opened.workflow = causing.opened.workflow
  entry.decision.policy = causing.decision.policy
  entry.decision.semantic = { reasons: [`${reason} ${cause.id}`] }
  const passage = recordedPassage(departure, {
    twinName: undefined,
    cache: 'audit',
    cacheStatus: '',
    keepers: [(answer, by) => keeper(departure, answer, by)],
  })
  await ask(departure, resolved, passage).catch(() => {})
}
