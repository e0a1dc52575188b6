/** What a caller thinks of a remembered answer it was told: a wrong one is forgotten, and counts as evidence. */
import { Failure } from '../../errors.ts'
import type { RequestDetail } from '../../metering/reports.ts'
import type { Gateway } from '../journey.ts'

export interface Feedback {
  requestId: string
  wrong: boolean
}

/**
 * @param request as the ledger has it; undefined where there is none
 * @param tenant whose caller speaks; undefined for the operator
 * @throws Failure `not_found`, also for another tenant's request; `invalid_request` where no semantic hit answered it
 */
export async function takeFeedback(
  { requestId, wrong }: Feedback,
  request: RequestDetail | undefined,
  tenant: string | undefined,
  gateway: Pick<Gateway, 'policies' | 'semanticCache'>,
): Promise<void> {
  if (request === undefined || (tenant !== undefined && request.tenant !== tenant)) {
    throw new Failure('not_found', `No request ${requestId} of yours is in the ledger.`)
  }
  const entry = request.decision?.semantic?.entry
  const cache = gateway.semanticCache()
  const policies = gateway.policies()
  const policy = (policies.byWorkflow.get(request.decision?.policy.workflow ?? '') ?? policies.default).cache
  if (request.cache !== 'semantic' || !entry || cache === undefined || policy.semantic === undefined) {
    throw new Failure(
      'invalid_request',
      `Request ${requestId} was not answered by a question that means the same: there is nothing to forget.`,
    )
  }
  // Callers may close a door, never open one: that a hit was right is evidence only from the operator.
  if (!wrong && tenant !== undefined) return
  await cache.told(requestId, request.workflow, entry, policy.semantic, wrong)
}
