/** What a policy file says → a policy with every default filled in. */
import type { SemanticPolicy } from '../cache/semantic/semantic-policy.ts'
import type { ImageBound } from '../media/fitted-size.ts'
import { budgetsOf } from '../metering/budget.ts'
import type { LearnPolicy } from '../routing/learn/learn-policy.ts'
import { DEFAULT_QUALITY_LOSS } from '../routing/route-schema.ts'
import type { Condition, Rule, Tier } from '../routing/rule.ts'
import type { Policy } from './policy.ts'
import type { PolicyFileContent } from './schema.ts'

export function toPolicy(
  content: PolicyFileContent,
  workflow: string,
  origin: Pick<Policy, 'source' | 'digest'>,
): Policy {
  const { limits, cache } = content
  return {
    workflow,
    ...origin,
    answerScope: answerScope(content),
    match: content.match ?? { keys: [], models: [], tags: {}, metadata: {}, clients: [] },
    tiers: new Map(Object.entries(content.tiers).map(([name, tier]) => [name, toTier(name, tier)])),
    route: {
      mode: content.route?.mode ?? 'shadow',
      rules: (content.route?.rules ?? []).map(toRule),
      learn: toLearn(content.route),
      scorer: content.route?.difficulty,
    },
    fallback: content.fallback,
    escalate: content.escalate,
    session: content.session,
    limits: {
      timeoutMs: limits.timeout,
      firstChunkMs: limits.first_chunk,
      betweenChunksMs: limits.between_chunks,
      connectMs: limits.connect,
      retries: limits.retries,
      joinsEmbeddings: limits.join_embeddings === 'on',
      hedge: limits.hedge === 'on',
      concurrency: limits.concurrency === 'off' ? undefined : limits.concurrency,
    },
    priority: content.priority,
    output: { maxTokens: content.output?.max_tokens, stop: content.output?.stop },
    input: toInput(content.input),
    prefix: content.prefix,
    cache: {
      exact: { mode: cache.exact.mode, ttlMs: cache.exact.ttl },
      semantic: toSemantic(cache.semantic),
    },
    budgets: budgetsOf(content.budgets, workflow),
    canary: content.canary && { workflow: content.canary.policy, share: content.canary.share },
    baseline: content.baseline,
  }
}

function toInput(input: PolicyFileContent['input']): Policy['input'] {
  const minifiesNewestTurn = input?.minify_json === 'newest_turn'
  const dropAboveTokens = input?.drop_oldest?.above_tokens
  const mediaUuids = input?.media_uuids === true
  const images = toImages(input?.images)
  if (!minifiesNewestTurn && dropAboveTokens === undefined && !mediaUuids && images === undefined)
    return undefined
  return { minifiesNewestTurn, dropAboveTokens, images, mediaUuids }
}

function toImages(images: NonNullable<PolicyFileContent['input']>['images']): ImageBound | undefined {
  if (images === undefined || images === 'off') return undefined
  if (images === 'downscale') return { maxEdge: undefined, maxPixels: undefined }
  return { maxEdge: images.max_edge, maxPixels: images.max_pixels }
}

function toLearn(route: PolicyFileContent['route']): LearnPolicy | undefined {
  if (route?.learn === undefined) return undefined
  const { share, judge } = route.learn
  return { share, judge, maxQualityLoss: route.max_quality_loss ?? DEFAULT_QUALITY_LOSS }
}

function toSemantic(semantic: PolicyFileContent['cache']['semantic']): SemanticPolicy | undefined {
  if (semantic === undefined || semantic.mode === 'off') return undefined
  const { mode, ttl, max_wrong_rate: maxWrongRate, audit: auditShare, judge, write } = semantic
  const refreshesAhead = semantic.refresh === 'ahead'
  const masksTiming = semantic.timing === 'mask'
  return { mode, ttlMs: ttl, maxWrongRate, auditShare, judge, refreshesAhead, masksTiming, write }
}

type TierContent = PolicyFileContent['tiers'][string]
type RuleContent = NonNullable<PolicyFileContent['route']>['rules'][number]

function toTier(name: string, tier: TierContent): Tier {
  const use = (tier.use ?? []).map((entry) =>
    typeof entry === 'string' ? { model: entry, weight: 1 } : entry,
  )
  const { strategy, weights } = tier
  if (tier.collection === undefined) return { name, use, strategy, weights }
  const { collection, mode = 'quote', min_confidence: minConfidence } = tier
  return { name, use, strategy, weights, documents: { collection, mode, minConfidence } }
}

function toRule(rule: RuleContent, index: number): Rule {
  const { hour, endpoint, time_dependent, output_shape, ...plain } = rule.when
  const when: Condition = {
    ...plain,
    // `/v1/chat/completions` is what people see; the fact is named without it.
    endpoint: endpoint?.map((path) => path.replace(/^\/?(v1\/)?/, '')),
    hour: hour && { from: hour.from, to: hour.to, timeZone: hour.time_zone },
    timeDependent: time_dependent,
    outputShape: output_shape,
  }
  return {
    name: ruleName(rule, index),
    when,
    to: rule.to,
    maxTokens: rule.output?.max_tokens,
    stop: rule.output?.stop,
  }
}

export function ruleName(rule: RuleContent, index: number): string {
  return rule.name ?? `rule-${index + 1}`
}

/** Two policies that say the same here may give each other's remembered answers. */
function answerScope({ tiers, route, output, input, escalate }: PolicyFileContent): string {
  const { mode, rules, learn, difficulty } = route ?? {}
  const routing = route && { mode, rules, learns: learn !== undefined, difficulty }
  const optional = [input, escalate].filter((slice) => slice !== undefined)
  return JSON.stringify([tiers, routing, output, ...optional])
}
