/** Where a request may go, in which order, and why: the policy's rules over the request's facts. */
import { Failure } from '../errors.ts'
import type { Provider } from '../providers/provider.ts'
import type { FactRecord, Facts } from './facts.ts'
import { firstRule } from './first-rule.ts'
import type { LearnPolicy } from './learn/learn-policy.ts'
import {
  type AskableTier,
  type Begin,
  inLearnedOrder,
  type LearnedPlan,
  learnedPlan,
  learnedReason,
} from './learn/learned-tiers.ts'
import type { ConditionFacts } from './match-condition.ts'
import { isBalanced, type Rule, type Tier, type TierDocuments, type TierUse } from './rule.ts'
import { type ShadowRoute, shadowRoute } from './shadow-route.ts'
import { weightedOrder } from './weighted-order.ts'

export interface PlannedTarget {
  provider: Provider
  /** As the provider knows it. */
  model: string
}

/** A tier that answers from documents, or abstains. */
export type DocumentsTier = Tier & { documents: TierDocuments }

export interface Plan {
  /** Name of the rule that acts. */
  rule: string | undefined
  /** Of documents, in their order: asked before any model. */
  documents: readonly DocumentsTier[]
  /**
   * Models, in the order in which they are tried; no tier in it is empty. Empty only where there are documents, and nothing but
   * them: the caller asked for the workflow, which has no model.
   */
  tierTargets: readonly { tier: string | undefined; targets: readonly PlannedTarget[] }[]
  /** Upper bound of the answer's length. */
  maxTokens: number | undefined
  /** Texts at which the answer ends, where the caller states none. */
  stop?: readonly string[] | undefined
  /** Sentences for the decision record. */
  reasons: readonly string[]
  /** The facts that were asked for. */
  facts: FactRecord
  /** Where learning says to begin; undefined where nothing is learned or there is nothing to choose. */
  learned?: LearnedPlan | undefined
  /** Where the route would have begun; undefined where it acts, or no rule of it matches. */
  shadow?: ShadowRoute | undefined
}

/** What planning reads of a policy. */
export interface RoutePolicy {
  workflow: string
  tiers: ReadonlyMap<string, Tier>
  route: { mode: 'on' | 'shadow'; rules: readonly Rule[]; learn?: LearnPolicy | undefined }
  output: { maxTokens: number | undefined; stop?: readonly string[] | undefined }
}

/** What planning reads of a request: its facts as they are found, or as they were recorded. */
export type PlanFacts = ConditionFacts & Pick<Facts, 'record'>

export interface PlanPorts {
  /** Where a model's name leads. */
  lookup(model: string): PlannedTarget | undefined
  /** Who answers a request without a model; undefined where that would be a guess. */
  withoutModel(): PlannedTarget | undefined
  /** The failure for a name that leads nowhere. */
  notFound(model: string): Failure
  /** In [0, 1). */
  random(): number
  /** Undefined where nothing is learned. */
  begin?: Begin | undefined
  /** Models of a tier in the order of its strategy, and a sentence about it; undefined where nothing is known to go by. */
  balance?: ((tier: Tier, targets: readonly PlannedTarget[]) => Balanced) | undefined
}

export interface Balanced {
  targets: PlannedTarget[]
  reason: string
}

/**
 * Pure but for `random`. Under `askedByName` the request's `model` names the workflow, so that rules act
 * even in shadow, and only a tier can say which model answers.
 * @throws Failure `model_not_found`; `invalid_request` where no tier or no model is left to ask
 */
export function planFor(policy: RoutePolicy, facts: PlanFacts, askedByName: boolean, ports: PlanPorts): Plan {
  const reasons: string[] = []
  const found = firstRule(policy.route.rules, facts)
  const acts = askedByName || policy.route.mode === 'on'
  const rule = acts ? found : undefined
  if (found !== undefined && !acts) {
    reasons.push(`Rule ${found.name} would ask ${found.to.join(', ')}, but the route is in shadow.`)
  }
  const asked = askedByName ? undefined : facts.model
  const isLearning = policy.route.learn !== undefined
  // Without rules, whoever learns lets all tiers answer.
  const byTiers = rule !== undefined || askedByName || (acts && isLearning && policy.route.rules.length === 0)
  const names = byTiers ? (rule?.to ?? [...policy.tiers.keys()]) : undefined
  const documents = names === undefined ? [] : documentsOf(policy, names)
  const tierTargets =
    names === undefined
      ? [{ tier: undefined, targets: [targetAsked(asked, ports)] }]
      : targetsOfTiers(policy, { names, documents }, asked, ports, reasons)
  const learned = isLearning ? learn(policy, found, { asked, acts, tierTargets }, ports) : undefined
  if (learned !== undefined) reasons.push(learnedReason(learned))
  return {
    rule: rule?.name,
    documents,
    tierTargets: learned?.acts ? inLearnedOrder(tierTargets.filter(isTier), learned) : tierTargets,
    learned,
    shadow: acts
      ? undefined
      : shadowRoute(policy.tiers, found?.to ?? [], learned, (use) => targetOfUse(use, asked, ports)),
    maxTokens: rule?.maxTokens ?? policy.output.maxTokens,
    stop: rule?.stop ?? policy.output.stop,
    reasons,
    facts: facts.record(),
  }
}

/** In shadow, the tiers of the rule that would act. */
function learn(
  policy: RoutePolicy,
  found: Rule | undefined,
  {
    asked,
    acts,
    tierTargets,
  }: { asked: string | undefined; acts: boolean; tierTargets: Plan['tierTargets'] },
  ports: PlanPorts,
): LearnedPlan | undefined {
  if (acts) return learnedPlan(policy.workflow, tierTargets.filter(isTier), true, ports.begin)
  if (found === undefined && policy.route.rules.length > 0) return undefined
  const tiers = askableTiers(policy, found?.to ?? [...policy.tiers.keys()], asked, ports, [])
  return learnedPlan(policy.workflow, tiers, false, ports.begin)
}

function isTier(one: Plan['tierTargets'][number]): one is AskableTier {
  return one.tier !== undefined
}

function targetAsked(model: string | undefined, ports: PlanPorts): PlannedTarget {
  if (model === undefined || model === '') {
    const target = ports.withoutModel()
    if (target !== undefined && model === undefined) return target
    throw new Failure('invalid_request', 'The request names no model; set `model`.', { param: 'model' })
  }
  const target = ports.lookup(model)
  if (target === undefined) throw ports.notFound(model)
  return target
}

function documentsOf({ tiers }: RoutePolicy, names: readonly string[]): readonly DocumentsTier[] {
  const found: DocumentsTier[] = []
  for (const name of names) {
    const tier = tiers.get(name)
    if (tier !== undefined && isDocuments(tier)) found.push(tier)
  }
  return found
}

function isDocuments(tier: Tier): tier is DocumentsTier {
  return tier.documents !== undefined
}

function targetsOfTiers(
  policy: RoutePolicy,
  { names, documents }: { names: readonly string[]; documents: readonly DocumentsTier[] },
  asked: string | undefined,
  ports: PlanPorts,
  reasons: string[],
): Plan['tierTargets'] {
  const found = askableTiers(policy, names, asked, ports, reasons)
  if (found.length > 0) return found
  if (asked !== undefined) {
    reasons.push('No tier can be asked, so the request goes where the caller asked.')
    return [{ tier: undefined, targets: [targetAsked(asked, ports)] }]
  }
  if (documents.length > 0) return []
  if (policy.tiers.size === 0) {
    throw new Failure(
      'invalid_request',
      `The workflow \`${policy.workflow}\` has no tiers to choose a model from; name a model instead.`,
      { param: 'model' },
    )
  }
  throw new Failure(
    'invalid_request',
    `No tier of the workflow \`${policy.workflow}\` has a model that can be asked: ${reasons.join(' ')}`,
    { param: 'model' },
  )
}

function askableTiers(
  policy: RoutePolicy,
  names: readonly string[],
  asked: string | undefined,
  ports: PlanPorts,
  reasons: string[],
): AskableTier[] {
  const found: AskableTier[] = []
  for (const name of names) {
    const tier = policy.tiers.get(name)
    if (tier === undefined || tier.documents !== undefined) continue
    const targets = targetsOfTier(tier, asked, ports, reasons)
    if (targets.length > 0) found.push({ tier: name, targets })
    else reasons.push(`Tier ${name} has no model to ask and is passed over.`)
  }
  return found
}

function targetsOfTier(
  tier: Tier,
  asked: string | undefined,
  ports: PlanPorts,
  reasons: string[],
): PlannedTarget[] {
  const use = tier.strategy === 'weighted' ? weightedOrder(tier.use, ports.random) : tier.use
  const targets: PlannedTarget[] = []
  for (const entry of use) {
    const target = targetOfUse(entry, asked, ports)
    if (target === undefined) reasons.push(`${entry.model} of tier ${tier.name} leads to no provider.`)
    else targets.push(target)
  }
  if (targets.length < 2 || ports.balance === undefined || !isBalanced(tier)) return targets
  const balanced = ports.balance(tier, targets)
  reasons.push(balanced.reason)
  return balanced.targets
}

function targetOfUse(use: TierUse, asked: string | undefined, ports: PlanPorts): PlannedTarget | undefined {
  if (!use.model.endsWith('/*')) return ports.lookup(use.model)
  if (asked === undefined) return undefined
  // An alias or a `provider/` prefix is the caller's way to say which model; the tier's provider knows the bare name.
  const model = ports.lookup(asked)?.model ?? asked
  return ports.lookup(`${use.model.slice(0, -1)}${model}`)
}
