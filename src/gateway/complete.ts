/** The journey of one request to a model; each step is a call into one room. */

import type { AnswerSink } from './answer-sink.ts'
import { ask } from './ask.ts'
import { Entry } from './entry.ts'
import type { Gateway, Incoming } from './journey.ts'
import { allowanceOf } from './limits/allowance.ts'
import { recall } from './recall.ts'
import { resolve } from './resolve.ts'
import { settleFailure, settleRecalled } from './settle.ts'

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
    if (recalled.kind === 'ask')
      await ask(departure, resolved, recalled.passage) // a provider answers
    else settleRecalled(departure, recalled)
  } catch (error) {
    settleFailure(departure, error)
  }
}
