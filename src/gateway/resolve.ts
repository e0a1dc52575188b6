/** Which workflow a request belongs to, and so which policy decides about it. */
import { type ResolvedWorkflow, resolveWorkflow } from '../policy/resolve-workflow.ts'
import type { Departure } from './journey.ts'

/** @throws Failure `workflow_not_allowed`, `invalid_request` */
export function resolve({ incoming, entry, gateway }: Departure): ResolvedWorkflow {
  const { request, principal, labels } = incoming
  const resolved = resolveWorkflow(gateway.policies(), {
    header: labels.workflow,
    model: request.model,
    keyName: principal.key?.name,
    allowedWorkflows: principal.allowedWorkflows,
    tags: labels.tags,
    metadata: labels.metadata,
    client: labels.client,
  })
  entry.opened.workflow = resolved.workflow
  entry.decision.policy = { workflow: resolved.policy.workflow, digest: resolved.policy.digest }
  return resolved
}
