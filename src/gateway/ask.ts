/** The part of the journey in which a provider answers. */
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import { dispatch } from './dispatch.ts'
import { consulted } from './documents/consulted.ts'
import { askForRest } from './embeddings/ask-for-rest.ts'
import type { Departure, Journey } from './journey.ts'
import { billBeforeDeletion } from './late/before-deletion.ts'
import { noteSession } from './note-session.ts'
import { type Passage, passingBy } from './passage.ts'
import { planRequest } from './plan.ts'
import { settle, settleFailure } from './settle.ts'
import { trimInput } from './trim-input.ts'

/** @throws what is neither the caller's fault nor a provider's, after the caller was told */
export async function ask(departure: Departure, resolved: ResolvedWorkflow, passage: Passage): Promise<void> {
  const { policy } = resolved
  const passing = passingBy(passage, departure, policy)
  const { stop } = passing
  try {
    stop.after(policy.limits.timeoutMs)
    const trimmed = Object.assign(passing, trimInput(passing)) // without what the policy leaves out
    const { targets, documents, planned } = await planRequest(trimmed, resolved) // who may answer, in which order
    const journey: Journey = Object.assign(trimmed, planned)
    const asked = resolved.askedByName ? undefined : departure.incoming.request.model
    if (documents.length > 0 && (await consulted(journey, { documents, targets, asked }))) return // documents did
    if (passage.embeddings !== undefined) askForRest(journey, targets, passage.embeddings)
    if (departure.incoming.request.passed !== undefined) await billBeforeDeletion(journey)
    const ending = await dispatch(journey, targets)
    noteSession(journey, ending)
    if (policy.prefix.keepWarm) departure.gateway.keepWarm.answered(journey, ending)
    settle(journey, ending) // what it cost, into the ledger; what was refused, to the caller
  } catch (error) {
    settleFailure(passing, error)
  } finally {
    stop.clear()
  }
}
