/** What the gateway would do with a request, told instead of done: the journey's own steps up to the call. */
import { Failure } from '../errors.ts'
import { noTokens } from '../metering/tokens.ts'
import type { FallbackCause, Limits } from '../policy/policy.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import type { Provider } from '../providers/provider.ts'
import { metWords, unmetWords } from '../routing/condition-words.ts'
import type { FactRecord, Facts } from '../routing/facts.ts'
import { firstUnmet } from '../routing/match-condition.ts'
import type { Rule } from '../routing/rule.ts'
import type { Gateway, Incoming } from './journey.ts'
import { outboundBody, type Target } from './outbound.ts'
import { factsOf, type PlanSources, planTargets } from './plan.ts'
import { workflowOf } from './resolve.ts'

/** Members are those of `explain --json`; money is USD. */
export interface Explanation {
  workflow: { name: string; policy: string; file: string; digest: string; because: ResolvedWorkflow['by'] }
  route: { mode: 'on' | 'shadow'; acts: boolean }
  facts: FactRecord
  rules: readonly ExplainedRule[]
  /** The rule that acts. */
  rule: string | null
  targets: readonly ExplainedTarget[]
  reasons: readonly string[]
  limits: {
    timeout_ms: number
    first_chunk_ms: number
    between_chunks_ms: number
    connect_ms: number
    retries: number
  }
  /** What makes the next target be tried. */
  fallback: readonly FallbackCause[]
  max_tokens: number | null
  /** Of the first target. */
  estimate: Estimate | null
  /** What the caller would be told instead of an answer. */
  failure: { status: number; code: string; message: string } | null
}

export interface ExplainedRule {
  name: string
  to: readonly string[]
  outcome: 'matches' | 'fails' | 'not reached'
  /** The first condition that does not hold and what the request has, or what it met. */
  because: string
}

export interface ExplainedTarget {
  tier: string | null
  /** `provider/model`. */
  target: string
  /** Configuration or the server itself lists the model; else it is taken at its word. */
  listed: boolean
  replicas: number
  /** Whose key it is sent. */
  key: 'its own' | 'the caller’s' | 'none'
  edits: readonly string[]
}

interface Estimate {
  input_tokens: number
  /** Null where the price is unknown. */
  input_usd: number | null
  output_usd_per_1k_tokens: number | null
  price: string | null
}

export type ExplainSources = PlanSources & Pick<Gateway, 'pricer'>

/**
 * Asks the same functions as a request does, and sends nothing.
 * `always` lets the rules act though the route is in shadow, for tests of a policy.
 * @throws Failure where no workflow can be told
 */
export function explain(incoming: Incoming, sources: ExplainSources, always = false): Explanation {
  const found = workflowOf(incoming, sources.policies())
  const resolved = always ? acting(found) : found
  const { policy } = resolved
  const facts = factsOf(incoming, found, sources)
  const rules = explainRules(policy.route.rules, facts)
  const planned = plan(incoming, resolved, facts, sources)
  const first = planned.targets[0]
  return {
    workflow: {
      name: resolved.workflow,
      policy: policy.workflow,
      file: policy.source,
      digest: policy.digest,
      because: resolved.by,
    },
    route: { mode: found.policy.route.mode, acts: resolved.askedByName || policy.route.mode === 'on' },
    facts: { ...facts.record(), tokens: facts.tokens, has: facts.has, tools: facts.tools },
    rules,
    rule: planned.rule ?? null,
    targets: planned.targets.map((target) => explainTarget(incoming, target, planned.maxTokens, sources)),
    reasons: planned.reasons,
    limits: explainLimits(policy.limits),
    fallback: policy.fallback.on,
    max_tokens: planned.maxTokens ?? null,
    estimate: first === undefined ? null : estimate(first, facts, incoming.at, sources),
    failure: planned.failure,
  }
}

interface Planned {
  rule: string | undefined
  targets: readonly Target[]
  maxTokens: number | undefined
  reasons: readonly string[]
  failure: Explanation['failure']
}

function plan(incoming: Incoming, resolved: ResolvedWorkflow, facts: Facts, sources: PlanSources): Planned {
  try {
    const { plan, targets } = planTargets(incoming, resolved, facts, sources)
    return { ...plan, targets, failure: null }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const { status, code, message } = error
    const failure = { status, code, message }
    return { rule: undefined, targets: [], maxTokens: undefined, reasons: [], failure }
  }
}

function acting(resolved: ResolvedWorkflow): ResolvedWorkflow {
  const { policy } = resolved
  return { ...resolved, policy: { ...policy, route: { ...policy.route, mode: 'on' } } }
}

function explainRules(rules: readonly Rule[], facts: Facts): ExplainedRule[] {
  let decided = false
  return rules.map(({ name, to, when }): ExplainedRule => {
    if (decided) return { name, to, outcome: 'not reached', because: '' }
    const unmet = firstUnmet(when, facts)
    if (unmet !== undefined) return { name, to, outcome: 'fails', because: unmetWords(unmet, when, facts) }
    decided = true
    return { name, to, outcome: 'matches', because: metWords(when, facts) }
  })
}

function explainTarget(
  { request }: Incoming,
  target: Target,
  maxTokens: number | undefined,
  sources: PlanSources,
): ExplainedTarget {
  const { provider, model, tier } = target
  return {
    tier: tier ?? null,
    target: `${provider.name}/${model}`,
    listed: sources.registry().confirms({ provider, model }),
    replicas: provider.replicas.length,
    key: keyOf(provider),
    edits: outboundBody(request, target, maxTokens).notes,
  }
}

function keyOf({ replicas }: Provider): ExplainedTarget['key'] {
  const kind = replicas[0]?.credential.kind ?? 'none'
  return ({ key: 'its own', client: 'the caller’s', none: 'none' } as const)[kind]
}

function explainLimits(limits: Limits): Explanation['limits'] {
  return {
    timeout_ms: limits.timeoutMs,
    first_chunk_ms: limits.firstChunkMs,
    between_chunks_ms: limits.betweenChunksMs,
    connect_ms: limits.connectMs,
    retries: limits.retries,
  }
}

const THOUSAND = 1000
const NANO = 1e9

/** The output's price is told by the thousand, because nobody knows how long an answer gets. */
function estimate({ provider, model }: Target, facts: Facts, at: number, sources: ExplainSources): Estimate {
  const subject = { provider: provider.name, priceProvider: provider.priceProvider, model, at }
  const input = { ...noTokens(), input: facts.tokens }
  const asked = sources.pricer().price({ ...subject, tokens: input })
  const answered = sources.pricer().price({ ...subject, tokens: { ...input, output: THOUSAND } })
  return {
    input_tokens: facts.tokens,
    input_usd: asked === undefined ? null : asked.costNanoUsd / NANO,
    output_usd_per_1k_tokens:
      asked === undefined || answered === undefined
        ? null
        : (answered.costNanoUsd - asked.costNanoUsd) / NANO,
    price: asked?.version ?? null,
  }
}
