/** One call to one replica: written ahead to the ledger, then sent. */
import type { Call, OutboundRequest } from '../providers/transport.ts'
import type { RacedResult } from './attempt-result.ts'
import { attemptRow } from './attempt-row.ts'
import type { Fault } from './fault.ts'
import type { Journey } from './journey.ts'
import { holdAnew } from './limits/hold-anew.ts'
import { outboundMediaOf } from './media/outbound-media.ts'
import { type Destination, outboundRequest } from './outbound.ts'
import { judgeFor } from './relays/answer-judge.ts'
import { RunningAttempt } from './running-attempt.ts'
import { childSpan } from './trace-context.ts'
import { untoldToken } from './untold-token.ts'

/**
 * Writes the attempt ahead, sends it, and carries its answer to the caller.
 * @throws Failure `ledger_unavailable` where the attempt could not be written, `insufficient_quota`; nothing was sent then.
 */
export async function attempt(
  journey: Journey,
  destination: Destination,
  mayMoveOn: (fault: Fault) => boolean,
): Promise<RacedResult> {
  const { entry, gateway, stop } = journey
  const { provider, replica } = destination
  if (replica.credential.kind === 'token') {
    const ending = await untoldToken(provider.name, replica.credential.token, stop)
    if (ending !== undefined) return ending
  }
  const span = childSpan(entry.span, gateway.random)
  const judge = journey.policy.escalate && judgeFor(journey, destination, mayMoveOn)
  const pending = outboundMediaOf(journey, destination)
  const media = pending && (await pending)
  if (media !== undefined) destination.media = media.named
  const outbound = outboundRequest(journey, destination, span, judge?.asksLogprobs, media)
  entry.decision.edits = journey.trims.length === 0 ? outbound.edits : [...journey.trims, ...outbound.edits]
  // Again: while one is waited for, another may go.
  while (journey.heldAt !== gateway.budgets.revision) await holdAnew(journey)
  const ordinal = entry.nextOrdinal()
  const { row, facts } = attemptRow(journey, destination, ordinal, span)
  await entry.openAttempt(row, facts, journey.budgets)
  return new Promise((resolve) => {
    const running = new RunningAttempt(journey, destination, { ordinal, mayMoveOn, judge, resolve })
    if (stop.reason !== undefined) running.stopped(stop.reason)
    else if (destination.race?.join(running) === false) running.lost()
    else running.start(send(journey, destination, outbound.request, running))
  })
}

function send(
  journey: Journey,
  destination: Destination,
  request: OutboundRequest,
  running: RunningAttempt,
): Call {
  const { jointCalls } = journey.gateway
  const joined =
    jointCalls !== undefined && journey.incoming.request.endpoint === 'embeddings'
      ? jointCalls.send(journey, destination, request, running)
      : undefined
  return joined ?? destination.provider.transport.send(request, running)
}
