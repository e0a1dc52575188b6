/** The journey of one request to a model; each step is a call into one room, and later steps of the design slot in between. */
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import { allowanceOf } from './allowance.ts'
import type { AnswerSink } from './answer-sink.ts'
import { dispatch } from './dispatch.ts'
import { Entry } from './entry.ts'
import type { Departure, Gateway, Incoming, Journey } from './journey.ts'
import { type Passage, passingBy } from './passage.ts'
import { planRequest } from './plan.ts'
import { recall } from './recall.ts'
import { resolve } from './resolve.ts'
import { settle, settleFailure, settleRecalled } from './settle.ts'

/**
 * Answers through `caller`, whatever happens, and leaves the request in the ledger.
 * @throws what is neither the caller's fault nor a provider's, after the caller was told
 */
export async function complete(incoming: Incoming, caller: AnswerSink, gateway: Gateway): Promise<void> {
  const startedMs = gateway.elapsedMs()
  const allowance = allowanceOf(incoming, gateway)
  const sink = allowance === undefined ? caller : allowance.telling(caller)
  const entry = new Entry(incoming, gateway, allowance)
  const departure = { incoming, entry, allowance, sink, gateway, startedMs }
  try {
    const resolved = resolve(departure) // the workflow and its policy
    allowance?.takeRequest() // what its key and team may still use
    const recalled = await recall(departure, resolved) // an answer from memory, or one that is on its way
    if (recalled.kind === 'ask') await ask(departure, resolved, recalled.passage)
    else settleRecalled(departure, recalled)
  } catch (error) {
    settleFailure(departure, error)
  }
}

/** A provider answers. */
async function ask(departure: Departure, resolved: ResolvedWorkflow, passage: Passage): Promise<void> {
  const { policy } = resolved
  const passing = passingBy(passage, departure, policy)
  const { stop } = passing
  try {
    stop.after(policy.limits.timeoutMs)
    const { targets, ...planned } = await planRequest(passing, resolved) // who may answer, in which order
    const journey: Journey = Object.assign(passing, planned)
    const ending = await dispatch(journey, targets)
    settle(journey, ending) // what it cost, into the ledger; what was refused, to the caller
  } catch (error) {
    settleFailure(passing, error)
  } finally {
    stop.clear()
  }
}
