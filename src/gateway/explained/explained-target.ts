/** A target that would be asked: who it is, what it would be sent, and what that costs. */
import { mediaPlaces } from '../../conversion/media-places.ts'
import { noTokens } from '../../metering/tokens.ts'
import type { CallerRequest } from '../../openai/passed-request.ts'
import type { Policy } from '../../policy/policy.ts'
import type { ResolvedWorkflow } from '../../policy/resolve-workflow.ts'
import type { Provider } from '../../providers/provider.ts'
import type { StrategyName } from '../../routing/balance/candidate.ts'
import type { Facts } from '../../routing/facts.ts'
import { PromptCacheKeys } from '../../routing/prompt-cache-key.ts'
import { ReuseIntervals } from '../../routing/reuse-intervals.ts'
import type { Gateway, Incoming } from '../journey.ts'
import { sizesNote, smallerSize } from '../media/fit-image.ts'
import { distinctMedia } from '../media/outbound-media.ts'
import { type OutputBounds, outboundBody, type Target } from '../outbound.ts'
import { lookAtMarks, type MarkPrefix } from '../prefix/mark-prefix.ts'
import { prefixOf } from '../prefix/prefix.ts'
import { strategyAmongReplicas } from '../replicas/choose-replica.ts'

export interface ExplainedTarget {
  tier: string | null
  /** `provider/model`. */
  target: string
  /** Configuration or the server itself lists the model; else it is taken at its word. */
  listed: boolean
  replicas: number
  /** How one of several is chosen; null where there is one. */
  replica_by: StrategyName | null
  /** Whose key it is sent. */
  key: 'its own' | 'the caller’s' | 'none'
  edits: readonly string[]
}

/** Money is USD. */
export interface Estimate {
  input_tokens: number
  /** Null where the price is unknown. */
  input_usd: number | null
  output_usd_per_1k_tokens: number | null
  price: string | null
  /** Where it costs by the hour, in place of prices for tokens: USD of each replica. */
  usd_per_hour?: number
  replicas?: number
}

const THOUSAND = 1000
const NANO = 1e9

export function explainTarget(
  incoming: Pick<Incoming, 'request' | 'principal' | 'at'>,
  target: Target,
  decided: OutputBounds & ExplainedMarking,
  sources: Pick<Gateway, 'registry' | 'pricer'> &
    Partial<Pick<Gateway, 'prefixes'>> & { policy: Pick<Policy, 'tiers'> },
): ExplainedTarget {
  const { provider, model, tier } = target
  const tierOf = tier === undefined ? undefined : sources.policy.tiers.get(tier)
  return {
    tier: tier ?? null,
    target: `${provider.name}/${model}`,
    listed: sources.registry().confirms({ provider, model }),
    replicas: provider.replicas.length,
    replica_by: provider.replicas.length > 1 ? strategyAmongReplicas(tierOf) : null,
    key: keyOf(provider),
    edits: [
      ...outboundBody(incoming.request, target, decided, false, lookedAt(incoming, target, decided, sources))
        .notes,
      ...explainImages(incoming.request, target, decided.resolved.policy),
    ],
  }
}

/** As if what makes them smaller were there, and made fewer bytes of each. */
function explainImages(request: CallerRequest, target: Target, policy: Policy): readonly string[] {
  if (policy.input?.images === undefined || request.passed !== undefined) return []
  const places = distinctMedia(mediaPlaces(request), target.provider.vendor)
  const sizes = places.flatMap((place) => smallerSize(policy, target, place)?.told ?? [])
  return sizes.length === 0 ? [] : [sizesNote(sizes)]
}

/** What marks depend on. */
interface ExplainedMarking {
  resolved: Pick<ResolvedWorkflow, 'policy' | 'workflow'>
  facts: Pick<Facts, 'tokens'>
}

function lookedAt(
  { request, principal, at }: Pick<Incoming, 'request' | 'principal' | 'at'>,
  target: Target,
  { resolved: { policy, workflow }, facts }: ExplainedMarking,
  { pricer, prefixes = unmeasured() }: Pick<Gateway, 'pricer'> & Partial<Pick<Gateway, 'prefixes'>>,
): MarkPrefix | undefined {
  return lookAtMarks(
    {
      policy,
      workflow,
      tenant: principal.tenant,
      tokens: facts.tokens,
      bytes: request.bytes.length,
      prefix: () => prefixOf(request),
      at,
      nowMs: undefined,
      ports: { pricer, prefixes },
    },
    target,
  )
}

function unmeasured(): Gateway['prefixes'] {
  return { reuse: new ReuseIntervals(() => undefined), keys: new PromptCacheKeys() }
}

function keyOf({ replicas }: Provider): ExplainedTarget['key'] {
  const kind = replicas[0]?.credential.kind ?? 'none'
  return ({ key: 'its own', token: 'its own', client: 'the caller’s', none: 'none' } as const)[kind]
}

/** The output's price is told by the thousand, because nobody knows how long an answer gets. */
export function estimate(
  { provider, model }: Target,
  inputTokens: number,
  at: number,
  sources: Pick<Gateway, 'pricer'>,
): Estimate {
  const subject = { provider: provider.name, priceProvider: provider.priceProvider, model, at }
  const input = { ...noTokens(), input: inputTokens }
  const hourly = sources.pricer().list(subject)?.hourly
  const asked = sources.pricer().price({ ...subject, tokens: input })
  const answered = sources.pricer().price({ ...subject, tokens: { ...input, output: THOUSAND } })
  return {
    input_tokens: inputTokens,
    input_usd: asked === undefined || hourly !== undefined ? null : asked.costNanoUsd / NANO,
    output_usd_per_1k_tokens:
      asked === undefined || answered === undefined || hourly !== undefined
        ? null
        : (answered.costNanoUsd - asked.costNanoUsd) / NANO,
    price: asked?.version ?? null,
    ...(hourly && { usd_per_hour: hourly.nanoUsdPerHour / NANO, replicas: hourly.replicas }),
  }
}
