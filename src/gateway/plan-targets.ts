/** Which targets a policy's plan comes to for a request, and the facts that it goes by: for the journey, and to explain it. */
import { Failure } from '../errors.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import { modelNotFound, type Registry } from '../providers/registry.ts'
import { Facts } from '../routing/facts.ts'
import type { Learning } from '../routing/learn/learning.ts'
import type { MadeId } from '../routing/made-ids.ts'
import { type Plan, type PlannedTarget, planFor } from '../routing/plan.ts'
import { withinWindow } from '../routing/window.ts'
import type { Gateway, Incoming, Journey } from './journey.ts'
import { beginningOf, learnedDifficulty } from './learning/learnable.ts'
import { requireAsked } from './may-ask.ts'
import type { ItemMemory } from './memory/item-memory.ts'
import type { Target } from './outbound.ts'
import { pinned } from './passed/pins.ts'
import { passedTarget } from './passed/plan-passed.ts'
import { balanceFor } from './replicas/balance-models.ts'
import type { Standings } from './replicas/standing.ts'
import { type IsNamed, servingTargets } from './serving.ts'

/** What is read of a request here. */
export type Asking = Pick<Incoming, 'request' | 'principal' | 'labels' | 'at'>

/** What planning asks for besides the request. */
export type PlanSources = Pick<Gateway, 'registry' | 'policies' | 'hourIn' | 'random' | 'tokenRatios'> & {
  /** Undefined where nobody was told anything. */
  itemMemory?: ItemMemory | undefined
  /** Left out where nothing is learned of texts: difficulty is unknown then. */
  classifier?: Gateway['classifier'] | undefined
  /** Undefined where nothing is learned. */
  learning?: (() => Learning | undefined) | undefined
} & Partial<Standings>

/** What is known of a request, for the policy's rules. */
export function factsOf(
  { request, principal, labels, at }: Asking,
  { workflow, policy }: Pick<ResolvedWorkflow, 'workflow' | 'policy'>,
  {
    hourIn,
    tokenRatios,
    classifier,
    learning,
  }: Pick<PlanSources, 'hourIn' | 'tokenRatios' | 'classifier' | 'learning'>,
): Facts {
  return new Facts({
    request,
    keyName: principal.key?.name,
    tags: labels.tags,
    bytesPerToken: tokenRatios.bytesPerToken(workflow),
    hourIn: (timeZone) => hourIn(timeZone, at),
    classifier: classifier?.(),
    learned: policy.route.learn && learnedDifficulty(request, policy.workflow, learning?.()),
  })
}

/** @throws Failure `model_not_found`, `model_not_allowed`, `invalid_request` */
export function planTargets(
  { request, principal, labels, at }: Asking,
  resolved: ResolvedWorkflow,
  facts: Facts,
  sources: PlanSources,
  { pin, session }: Partial<Pick<Journey, 'pin' | 'session'>> = {},
): { plan: Plan; targets: readonly Target[] } {
  const registry = sources.registry()
  requireAsked({ request, principal }, registry)
  if (request.passed !== undefined) {
    const target = passedTarget(request, { principal, labels }, resolved, { pin, registry })
    return { plan: planOf(target, facts, pin), targets: [target] }
  }
  const byRules = planFor(resolved.policy, facts, resolved.askedByName, {
    lookup: registry.lookup,
    notFound: (model) => modelNotFound(registry, model, [...sources.policies().byWorkflow.keys()]),
    withoutModel: () => withoutModel(labels.provider, registry),
    random: sources.random,
    balance: balanceFor({ request, principal, labels, at }, facts, sources),
    begin: beginningOf(request, facts, resolved.policy.route.learn, sources.learning?.()),
  })
  const plan = fitted(pin === undefined && session !== undefined ? session.stayPut(byRules) : byRules, facts)
  const items = request.endpoint === 'responses' ? sources.itemMemory?.of(principal.tenant) : undefined
  const isNamed = namedBy(request, plan, resolved, registry)
  const { targets, reasons } = servingTargets(request, plan.tierTargets, { at, told: items }, isNamed)
  const told = reasons.length === 0 ? plan : { ...plan, reasons: [...plan.reasons, ...reasons] }
  return { plan: told, targets: pin === undefined ? targets : pinnedTargets(targets, pin, registry) }
}

/** What each input of embeddings takes of a window is not told by the whole. */
function fitted(plan: Plan, facts: Facts): Plan {
  if (plan.tierTargets[0]?.tier === undefined || facts.endpoint === 'embeddings') return plan
  const reasons: string[] = []
  const tierTargets = withinWindow(plan.tierTargets, () => facts.tokens, reasons)
  return reasons.length === 0 ? plan : { ...plan, tierTargets, reasons: [...plan.reasons, ...reasons] }
}

/** Another provider knows nothing of the id: it is left out. */
function pinnedTargets(targets: readonly Target[], pin: MadeId, registry: Registry): readonly Target[] {
  const provider = pinned(pin, registry)
  const kept = targets.filter((target) => target.provider.name === provider.name)
  if (kept.length > 0) return kept.map((target) => ({ ...target, provider }))
  throw new Failure(
    'invalid_request',
    `${pin.id} was made by provider ${provider.name}, which the model asked for does not lead to: name one of its models.`,
    { param: 'model' },
  )
}

function planOf(target: Target, facts: Facts, pin: MadeId | undefined): Plan {
  const reasons =
    pin === undefined ? [] : [`${pin.id} belongs to the account ${pin.account} of ${pin.provider}.`]
  const tierTargets = [{ tier: undefined, targets: [target] }]
  return { rule: undefined, documents: [], tierTargets, maxTokens: undefined, reasons, facts: facts.record() }
}

/** Without a tier a request goes where its caller asked. A workflow's name, or `auto`, names no model. */
function namedBy(
  { model: asked }: Asking['request'],
  { tierTargets }: Plan,
  { askedByName }: ResolvedWorkflow,
  registry: Registry,
): IsNamed {
  if (tierTargets[0]?.tier === undefined) return () => true
  const found = askedByName || asked === undefined ? undefined : registry.lookup(asked)
  return (provider, model) => found?.provider === provider && found.model === model
}

/** Some servers have one model and want no name for it. */
function withoutModel(named: string | undefined, registry: Registry): PlannedTarget | undefined {
  const provider = named === undefined ? registry.defaultProvider : registry.providers.get(named)
  if (provider !== undefined) return { provider, model: '' }
  if (named === undefined) return undefined
  const known = [...registry.providers.keys()].join(', ')
  throw new Failure(
    'invalid_request',
    `There is no provider \`${named.slice(0, 100)}\` here; the providers are ${known}.`,
  )
}
