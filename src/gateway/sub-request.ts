/** A request of trimtab's own, under the workflow that caused it: in the ledger, in budgets, and in nobody's limits. */
import { requestId } from '../metering/request-id.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import { ask } from './ask.ts'
import { Entry } from './entry.ts'
import type { Departure, Incoming } from './journey.ts'
import { type Keeper, recordedPassage } from './passage.ts'
import { notePolicy } from './resolve.ts'
import { UnheardSink } from './unheard-sink.ts'

/** Of the request that caused it. */
type Cause = Pick<Departure, 'incoming' | 'gateway'>

interface SubRequestParts {
  /** Why it is made, for its decision; the id of the request that caused it follows. */
  reason: string
  /** Gets the answer where it is whole. */
  keeper: (departure: Departure, ...kept: Parameters<Keeper>) => void
}

interface Behind {
  sink: UnheardSink
  /** Undefined: as what caused it. */
  priority?: 'batch' | undefined
}

/**
 * Resolves once it is over, or at once where too many are under way, and never rejects: a fault of ours is in the ledger as
 * one, and nobody waits for it. It counts as overhead.
 */
export function subRequest(
  causing: Cause,
  asked: Pick<Incoming, 'request' | 'principal'>,
  resolved: ResolvedWorkflow,
  parts: SubRequestParts,
): Promise<void> {
  const priority = 'batch' as const
  return causing.gateway.audits.start((sink) =>
    askBehind(causing, asked, resolved, { ...parts, sink, priority }),
  )
}

/** As `subRequest`, for what the caller waits for: however many do, and given up where the caller leaves. */
export async function awaitedRequest(
  causing: Departure,
  asked: Pick<Incoming, 'request' | 'principal'>,
  resolved: ResolvedWorkflow,
  parts: SubRequestParts,
): Promise<void> {
  const sink = new UnheardSink()
  causing.sink.departed(() => sink.leave())
  await askBehind(causing, asked, resolved, { ...parts, sink }).catch(() => {})
}

function askBehind(
  { incoming: cause, gateway }: Cause,
  { request, principal }: Pick<Incoming, 'request' | 'principal'>,
  resolved: ResolvedWorkflow,
  { reason, keeper, sink, priority }: SubRequestParts & Behind,
): Promise<void> {
  const at = gateway.now()
  const labels = priority === undefined ? cause.labels : { ...cause.labels, priority }
  const incoming = { ...cause, request, principal, labels, id: requestId(at, gateway.random), at }
  const entry = new Entry(incoming, gateway, undefined)
  const startedMs = gateway.elapsedMs()
  const departure = { incoming, entry, allowance: undefined, sink, gateway, startedMs }
  notePolicy(entry, resolved)
  entry.decision.semantic = { reasons: [`${reason} ${cause.id}`] }
  const passage = recordedPassage(departure, {
    twinName: undefined,
    cache: 'audit',
    cacheStatus: '',
    keepers: [(answer, by) => keeper(departure, answer, by)],
  })
  return ask(departure, resolved, passage)
}
