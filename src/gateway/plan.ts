/** Which targets may answer a request, in which order: the policy's plan, held against what the caller may use. */
import { requireModelAllowed } from '../access/allowed.ts'
import { Failure } from '../errors.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import { modelNotFound } from '../providers/registry.ts'
import { Facts } from '../routing/facts.ts'
import { planFor } from '../routing/plan.ts'
import { sendsCallersKey } from './dispatch.ts'
import type { Departure } from './journey.ts'
import type { Target } from './outbound.ts'

export interface RequestPlan {
  /** At least one. */
  targets: readonly Target[]
  maxTokens: number | undefined
}

/** @throws Failure `model_not_found`, `model_not_allowed`, `missing_api_key`, `invalid_request` */
export function planRequest(journey: Departure, resolved: ResolvedWorkflow): RequestPlan {
  const { incoming, entry, gateway } = journey
  const { request, principal, labels, at } = incoming
  const registry = gateway.registry()
  const facts = new Facts({
    request,
    keyName: principal.key?.name,
    tags: labels.tags,
    hourIn: (timeZone) => gateway.hourIn(timeZone, at),
  })
  if (request.model !== undefined && !resolved.modelNamesWorkflow) {
    const found = registry.lookup(request.model)
    requireModelAllowed(
      principal,
      request.model,
      found && { provider: found.provider.name, model: found.model },
    )
  }
  const plan = planFor(resolved.policy, facts, resolved.askedByName, {
    lookup: registry.lookup,
    notFound: (model) => modelNotFound(registry, model, [...gateway.policies().byWorkflow.keys()]),
    random: gateway.random,
  })
  const targets = plan.tierTargets.flatMap(({ tier, targets }) =>
    targets.map((target) => ({ ...target, tier })),
  )
  entry.opened.rule = plan.rule
  entry.decision.rule = plan.rule
  entry.decision.facts = plan.facts
  entry.decision.reasons = plan.reasons
  entry.decision.candidates = targets.map(({ provider, model, tier }) => ({
    target: `${provider.name}/${model}`,
    tier,
  }))
  requireCallersKey(journey, targets[0])
  return { targets, maxTokens: plan.maxTokens }
}

/** A provider that is sent the caller's own key cannot be asked without one. */
function requireCallersKey({ incoming }: Departure, first: Target | undefined): void {
  if (first === undefined || !sendsCallersKey(first.provider) || incoming.principal.credential) return
  const { name, keyVariable } = first.provider
  const where = keyVariable === undefined ? 'in trimtab.yaml' : `by setting ${keyVariable} where trimtab runs`
  throw new Failure(
    'missing_api_key',
    `Provider ${name} has no key: send one as the Authorization header, or give trimtab one ${where}.`,
  )
}
