/** The journey of one request to a model; each step is a call into one room, and later steps of the design slot in between. */
import type { AnswerSink } from './answer-sink.ts'
import { dispatch } from './dispatch.ts'
import { Entry } from './entry.ts'
import type { Gateway, Incoming } from './journey.ts'
import { planRequest } from './plan.ts'
import { resolve } from './resolve.ts'
import { settle, settleFailure } from './settle.ts'
import { Stop } from './stop.ts'

/**
 * Answers through `sink`, whatever happens, and leaves the request in the ledger.
 * @throws what is neither the caller's fault nor a provider's, after the caller was told
 */
export async function complete(incoming: Incoming, sink: AnswerSink, gateway: Gateway): Promise<void> {
  const startedMs = gateway.elapsedMs()
  const stop = new Stop(sink)
  const entry = new Entry(incoming, gateway)
  const journey = { incoming, entry, sink, stop, gateway, startedMs }
  try {
    const resolved = resolve(journey) // the workflow and its policy
    stop.after(resolved.policy.limits.timeoutMs)
    const plan = planRequest(journey, resolved) // which targets may answer, in which order
    const ending = await dispatch(
      { ...journey, policy: resolved.policy, maxTokens: plan.maxTokens },
      plan.targets,
    )
    settle(journey, ending) // what it cost, into the ledger; what was refused, to the caller
  } catch (error) {
    settleFailure(journey, error)
  } finally {
    stop.clear()
  }
}
