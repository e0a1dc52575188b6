/** Which workflow a request belongs to, and so which policy decides about it. */
import { followCanary } from '../policy/canary.ts'
import type { PolicySet } from '../policy/policy.ts'
import { type ResolvedWorkflow, resolveWorkflow } from '../policy/resolve-workflow.ts'
import type { Departure, Incoming } from './journey.ts'

/** @throws Failure `workflow_not_allowed`, `invalid_request` */
export function resolve({ incoming, entry, gateway }: Departure): ResolvedWorkflow {
  const resolved = decidingFor(incoming, gateway.policies())
  notePolicy(entry, resolved)
  return resolved
}

export function notePolicy(entry: Departure['entry'], { workflow, policy, by }: ResolvedWorkflow): void {
  entry.opened.workflow = workflow
  entry.decision.policy = { workflow: policy.workflow, digest: policy.digest, by }
}

/**
 * As `workflowOf`, under the policy that decides: its own, or its canary's. A session, else a user, stays with one.
 * @throws Failure `workflow_not_allowed`, `invalid_request`
 */
export function decidingFor(
  incoming: Pick<Incoming, 'id' | 'request' | 'principal' | 'labels'>,
  policies: PolicySet,
): ResolvedWorkflow {
  return followCanary(policies, workflowOf(incoming, policies), canaryUnit(incoming) ?? incoming.id)
}

/** What stays with one policy; undefined where each request is drawn by itself. */
export function canaryUnit({ labels }: Pick<Incoming, 'labels'>): string | undefined {
  return labels.session ?? labels.user
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
