/** The row of a request as it is opened, of what was heard of it. */
import type { RequestOpened } from '../metering/ledger.ts'
import type { Incoming } from './journey.ts'

export function openedBy({ id, at, request, principal, labels }: Incoming): RequestOpened {
  return {
    id,
    at,
    tenant: principal.tenant,
    team: principal.team,
    keyName: principal.key?.name,
    user: labels.user,
    workflow: labels.workflow ?? 'default',
    step: labels.step,
    session: labels.session,
    tags: labels.tags,
    endpoint: request.endpoint,
    modelAsked: request.model,
    rule: undefined,
    stream: request.stream,
  }
}
