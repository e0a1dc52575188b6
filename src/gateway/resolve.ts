/** Which workflow a request belongs to, and so which policy decides about it. */
import type { PolicySet } from '../policy/policy.ts'
import { type ResolvedWorkflow, resolveWorkflow } from '../policy/resolve-workflow.ts'
import type { Departure, Incoming } from './journey.ts'

/** @throws Failure `workflow_not_allowed`, `invalid_request` */
export function resolve({ incoming, entry, gateway }: Departure): ResolvedWorkflow {
  const resolved = workflowOf(incoming, gateway.policies())
  notePolicy(entry, resolved)
  return resolved
}

export function notePolicy(entry: Departure['entry'], { workflow, policy }: ResolvedWorkflow): void {
  entry.opened.workflow = workflow
  entry.decision.policy = { workflow: policy.workflow, digest: policy.digest }
}

/** @throws Failure `workflow_not_allowed`, `invalid_request` */
export function workflowOf(
  { request, principal, labels }: Pick<Incoming, 'request' | 'principal' | 'labels'>,
  policies: PolicySet,
): ResolvedWorkflow {
  return resolveWorkflow(policies, {
    header: labels.workflow,
    model: request.model,
    keyName: principal.key?.name,
    allowedWorkflows: principal.allowedWorkflows,
    tags: labels.tags,
    metadata: labels.metadata,
    client: labels.client,
  })
}
