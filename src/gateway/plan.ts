/** Which targets may answer a request, in which order: the policy's plan, held against what the caller may use. */
import { requireModelAllowed } from '../access/allowed.ts'
import { Failure } from '../errors.ts'
import { partSizes } from '../metering/parts.ts'
import type { CallerRequest } from '../openai/passed-request.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import { sendsCallersKey } from '../providers/provider.ts'
import { modelNotFound, type Registry } from '../providers/registry.ts'
import { Facts } from '../routing/facts.ts'
import type { Learning } from '../routing/learn/learning.ts'
import type { MadeId } from '../routing/made-ids.ts'
import { type Plan, type PlannedTarget, planFor } from '../routing/plan.ts'
import { withinWindow } from '../routing/window.ts'
import { baselineTarget } from './baseline.ts'
import { degraded } from './budgets.ts'
import { expectedInput } from './expected-usage.ts'
import type { ItemMemory } from './item-memory.ts'
import type { Departure, Gateway, Incoming, Journey } from './journey.ts'
import { beginningOf } from './learnable.ts'
import { learnedNote } from './learned-note.ts'
import type { Target } from './outbound.ts'
import { pinned, pinOf } from './pins.ts'
import { passedTarget } from './plan-passed.ts'
import { type IsNamed, servingTargets } from './serving.ts'
import { sessionOf } from './session-keeping.ts'

/** What is read of a request here. */
export type Asking = Pick<Incoming, 'request' | 'principal' | 'labels' | 'at'>

export type RequestPlan = Pick<
  Journey,
  | 'maxTokens'
  | 'stopSequences'
  | 'budgets'
  | 'heldAt'
  | 'isDegraded'
  | 'pin'
  | 'input'
  | 'session'
  | 'baseline'
> & {
  /** At least one, unless there are documents. */
  targets: readonly Target[]
  documents: Plan['documents']
}

/** What planning asks for besides the request. */
export type PlanSources = Pick<Gateway, 'registry' | 'policies' | 'hourIn' | 'random' | 'tokenRatios'> & {
  /** Undefined where nobody was told anything. */
  itemMemory?: ItemMemory | undefined
  /** Left out where nothing is learned of texts: difficulty is unknown then. */
  classifier?: Gateway['classifier'] | undefined
  /** Undefined where nothing is learned. */
  learning?: (() => Learning | undefined) | undefined
}

/** @throws Failure `model_not_found`, `model_not_allowed`, `missing_api_key`, `not_found`, `invalid_request` */
export async function planRequest(journey: Departure, resolved: ResolvedWorkflow): Promise<RequestPlan> {
  const { incoming, entry, gateway } = journey
  const facts = factsOf(incoming, resolved, gateway)
  // Counted below in any case: asked for ahead of the plan, its record has it, and the request can be decided again.
  const { media } = facts
  const pin = mayNameIds(incoming.request, facts) ? await pinOf(incoming, gateway) : undefined
  const session = resolved.policy.session && sessionOf(incoming, resolved, facts, gateway)
  const { plan, targets: planned } = planTargets(incoming, resolved, facts, gateway, { pin, session })
  const parts = partSizes(incoming.request)
  const heldAt = gateway.budgets.revision
  const budgets = gateway.budgets.heldBy(incoming, resolved.policy)
  const counted = budgets && gateway.budgets.adoption?.counted(budgets)
  if (counted !== undefined) await counted
  const tiers = budgets === undefined ? [] : gateway.budgets.reached(budgets)
  const isDegraded = tiers.length > 0
  const targets = isDegraded ? degraded(planned, tiers) : planned
  entry.opened.rule = plan.rule
  entry.decision.rule = plan.rule
  entry.decision.facts = plan.facts
  entry.decision.parts = parts
  entry.decision.reasons =
    targets === planned ? plan.reasons : [...plan.reasons, `budget: ${targets[0]?.tier} onwards`]
  entry.decision.candidates = targets.map(({ provider, model, tier }) => ({
    target: `${provider.name}/${model}`,
    tier,
  }))
  if (plan.learned !== undefined) {
    entry.learned = pin === undefined ? plan.learned : undefined
    entry.decision.learning = learnedNote(plan.learned)
  }
  requireCallersKey(incoming, targets[0])
  const bytesPerToken = gateway.tokenRatios.bytesPerToken(resolved.workflow)
  const input = expectedInput(incoming.request, bytesPerToken, { media, parts })
  const goesToTier = targets[0]?.tier !== undefined
  const baseline = baselineTarget(incoming.request, resolved, goesToTier, gateway.registry())
  const { documents, maxTokens, stop: stopSequences } = plan
  return {
    targets,
    documents,
    maxTokens,
    stopSequences,
    budgets,
    heldAt,
    isDegraded,
    pin,
    input,
    session,
    baseline,
  }
}

/**
 * Asked of every request: chat of texts alone, which is most, names nothing that a provider made. Messages may name files
 * within what tools gave back.
 */
export function mayNameIds({ endpoint, passed }: CallerRequest, { media }: Pick<Facts, 'media'>): boolean {
  const isDeep = passed !== undefined || endpoint === 'responses' || endpoint === 'messages'
  return isDeep || media.kinds.length > 0
}

/** What is known of a request, for the policy's rules. */
export function factsOf(
  { request, principal, labels, at }: Asking,
  { workflow }: Pick<ResolvedWorkflow, 'workflow'>,
  { hourIn, tokenRatios, classifier }: Pick<PlanSources, 'hourIn' | 'tokenRatios' | 'classifier'>,
): Facts {
  return new Facts({
    request,
    keyName: principal.key?.name,
    tags: labels.tags,
    bytesPerToken: tokenRatios.bytesPerToken(workflow),
    hourIn: (timeZone) => hourIn(timeZone, at),
    classifier: classifier?.(),
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

/**
 * A key that is limited to models may ask for those alone, by whatever name: a workflow's name, or `auto`, too.
 * Which models a workflow then asks is its policy's decision.
 * @throws Failure `model_not_allowed`
 */
export function requireAsked(
  { request, principal }: Pick<Asking, 'request' | 'principal'>,
  registry: Registry,
): void {
  if (principal.allowedModels === undefined || request.model === undefined) return
  requireModelAllowed(principal, request.model, foundAs(registry.lookup(request.model)))
}

/** As keys' globs name it. */
export function foundAs(
  found: ReturnType<Registry['lookup']>,
): { provider: string; model: string } | undefined {
  return found && { provider: found.provider.name, model: found.model }
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

/** A provider that is sent the caller's own key cannot be asked without one. */
export function requireCallersKey(
  { principal }: Pick<Incoming, 'principal'>,
  first: Target | undefined,
): void {
  if (first === undefined || !sendsCallersKey(first.provider) || principal.credential) return
  const { name, keyVariable } = first.provider
  const where = keyVariable === undefined ? 'in trimtab.yaml' : `by setting ${keyVariable} where trimtab runs`
  throw new Failure(
    'missing_api_key',
    `Provider ${name} has no key: send one as the Authorization header, or give trimtab one ${where}.`,
  )
}
