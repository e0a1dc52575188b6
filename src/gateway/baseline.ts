/** What an answer would have cost without anything that saves: by the model that the policy's `baseline` names. */
import type { Metered } from '../metering/meter.ts'
import { priceUsage } from '../metering/meter.ts'
import type { Pricer } from '../metering/price.ts'
import type { SavingsNote, ShadowRouteNote } from '../metering/savings-note.ts'
import { commonTerms } from '../metering/terms.ts'
import { noTokens, type Usage } from '../metering/tokens.ts'
import type { CallerRequest } from '../openai/passed-request.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import type { Registry } from '../providers/registry.ts'
import type { ShadowRoute } from '../routing/shadow-route.ts'
import type { Journey } from './journey.ts'
import type { Target } from './outbound.ts'

export interface BaselineTarget extends Pick<Target, 'provider' | 'model'> {
  /** A tier that saves nothing, whichever of its models answers. */
  tier?: string
}

interface Baseline {
  /** Undefined where it has no known price. */
  nanoUsd: number | undefined
  /** Undefined where one mechanism has all of it. */
  savings: SavingsNote | undefined
}

/**
 * The model that savings count against: the policy's own word, else the model asked for, else the first of the last
 * tier. Undefined where the request goes where its caller asked, so that it is the model that answers.
 */
export function baselineTarget(
  request: CallerRequest,
  { policy, askedByName }: ResolvedWorkflow,
  goesToTier: boolean,
  registry: Registry,
): BaselineTarget | undefined {
  if (request.passed !== undefined) return undefined
  if (policy.baseline !== undefined) return registry.lookup(policy.baseline)
  if (!goesToTier) return undefined
  if (!askedByName && request.model !== undefined) return registry.lookup(request.model)
  const tier = [...policy.tiers.values()].at(-1)
  const last = tier?.use[0]?.model
  const found = last === undefined || last.endsWith('/*') ? undefined : registry.lookup(last)
  return found && tier && { ...found, tier: tier.name }
}

/** `metered` is what the target's own answer cost, and would have cost without its prompt cache. */
export function baselineOf(
  { baseline, incoming, entry, gateway, trimmedTokens }: Journey,
  { provider, model, tier }: Pick<Target, 'provider' | 'model' | 'tier'>,
  metered: Omit<Metered, 'priceVersion' | 'usage'> & { usage: Pick<Usage, 'tokens' | 'terms'> },
): Baseline {
  const { costNanoUsd, baselineNanoUsd: own, usage } = metered
  const isOther =
    baseline !== undefined &&
    (baseline.tier === undefined || baseline.tier !== tier) &&
    (baseline.provider.name !== provider.name || baseline.model !== model)
  const { at } = incoming
  const { shadowRoute: shadow } = entry
  const shadowRoute = shadow && shadowNote(shadow, { provider, model }, usage, gateway.pricer(), at)
  if (costNanoUsd === undefined || own === undefined || (!isOther && trimmedTokens === 0))
    return { nanoUsd: own, savings: shadowRoute && { shadowRoute } }
  const pricer = gateway.pricer()
  const other = isOther ? worth(baseline, usage, pricer, at) : undefined
  const priced = other === undefined ? { provider, model } : (baseline ?? { provider, model })
  const trimmed = { tokens: { ...noTokens(), input: trimmedTokens } }
  const trimming = trimmedTokens === 0 ? 0 : (worth(priced, trimmed, pricer, at) ?? 0)
  const savings: SavingsNote = {
    ...(other !== undefined && { model: `${priced.provider.name}/${priced.model}` }),
    ...(other !== undefined && isLearned(entry, tier) && { learned: true }),
    ...(own !== costNanoUsd && { prefix: own - costNanoUsd }),
    ...(trimming > 0 && { trimmedTokens, trimming }),
    ...(shadowRoute !== undefined && { shadowRoute }),
  }
  return { nanoUsd: (other ?? own) + trimming, savings }
}

function isLearned({ learned }: Journey['entry'], tier: string | undefined): boolean {
  return learned?.acts === true && learned.beginning.at === 'small' && learned.small.tier === tier
}

function shadowNote(
  { tier, target }: ShadowRoute,
  { provider, model }: Pick<Target, 'provider' | 'model'>,
  usage: Pick<Usage, 'tokens' | 'terms'>,
  pricer: Pricer,
  at: number,
): ShadowRouteNote {
  if (target.provider.name === provider.name && target.model === model) return { tier }
  const costNanoUsd = worth(target, usage, pricer, at)
  const name = `${target.provider.name}/${target.model}`
  return costNanoUsd === undefined ? { tier, model: name } : { tier, model: name, costNanoUsd }
}

/** Nano-dollars of a model for the same tokens, none of them kept by a prompt cache; `at` is Unix milliseconds. */
function worth(
  { provider, model }: BaselineTarget,
  { tokens, terms }: Pick<Usage, 'tokens' | 'terms'>,
  pricer: Pricer,
  at: number,
): number | undefined {
  const { name, priceProvider } = provider
  const common = commonTerms(terms)
  const subject = { provider: name, priceProvider, model, at }
  return priceUsage(pricer, subject, common === undefined ? { tokens } : { tokens, terms: common })
    .baselineNanoUsd
}
