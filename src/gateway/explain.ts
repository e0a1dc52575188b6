/** Where the gateway would send a request, told instead of done: the journey's own steps up to the call. */
import { Failure } from '../errors.ts'
import type { FallbackCause, Limits } from '../policy/policy.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import type { FactRecord, Facts } from '../routing/facts.ts'
import { type Budgets, degraded, type Held } from './budgets.ts'
import { type ExplainedRule, explainRules } from './explained-rules.ts'
import { type Estimate, type ExplainedTarget, estimate, explainTarget } from './explained-target.ts'
import type { Gateway, Incoming } from './journey.ts'
import type { Target } from './outbound.ts'
import { factsOf, type PlanSources, planTargets } from './plan.ts'
import { workflowOf } from './resolve.ts'

/** Members are those of `explain --json`; money is USD. */
export interface Explanation {
  workflow: { name: string; policy: string; file: string; digest: string; because: ResolvedWorkflow['by'] }
  route: { mode: 'on' | 'shadow'; acts: boolean }
  facts: FactRecord
  /** By fact that is read out of the text: what speaks for it, the strongest first. */
  why: ExplainedReasons
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
  failure: ExplainedFailure | null
}

type ExplainedReasons = Readonly<
  Record<'task' | 'language' | 'code' | 'time_dependent' | 'difficulty', readonly string[]>
>

export interface ExplainedFailure {
  status: number
  code: string
  message: string
}

export type ExplainSources = PlanSources & Pick<Gateway, 'pricer'>

/** What the gateway's own steps decide for a request. */
export interface Decided {
  /** As the policy stands. */
  found: ResolvedWorkflow
  /** As it was asked. */
  resolved: ResolvedWorkflow
  facts: Facts
  rule: string | undefined
  targets: readonly Target[]
  maxTokens: number | undefined
  reasons: readonly string[]
  /** The budgets that count the request. */
  held: readonly Held[]
  failure: ExplainedFailure | null
}

/**
 * Asks the same functions as a request does, and sends nothing.
 * `always` lets the rules act though the route is in shadow, for tests of a policy.
 * @throws Failure where no workflow can be told
 */
export function explain(incoming: Incoming, sources: ExplainSources, always = false): Explanation {
  return explanationOf(decide(incoming, sources, { always, budgets: undefined }), incoming, sources)
}

/**
 * `budgets` undefined: as if nothing were spent.
 * @throws Failure where no workflow can be told
 */
export function decide(
  incoming: Incoming,
  sources: PlanSources,
  { always, budgets }: { always: boolean; budgets: Budgets | undefined },
): Decided {
  const found = workflowOf(incoming, sources.policies())
  const resolved = always ? acting(found) : found
  const facts = factsOf(incoming, found, sources)
  const held = budgets?.heldBy(incoming, resolved.policy) ?? []
  const decided = { found, resolved, facts, held }
  try {
    const { plan, targets: planned } = planTargets(incoming, resolved, facts, sources)
    const { rule, maxTokens, reasons } = plan
    const targets = degraded(planned, budgets?.reached(held) ?? [])
    const onwards = targets === planned ? [] : [`budget: ${targets[0]?.tier} onwards`]
    return { ...decided, rule, maxTokens, reasons: [...reasons, ...onwards], targets, failure: null }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const nothing = { rule: undefined, targets: [], maxTokens: undefined, reasons: [] }
    return { ...decided, ...nothing, failure: toldFailure(error) }
  }
}

export function explanationOf(decided: Decided, incoming: Incoming, sources: ExplainSources): Explanation {
  const { found, resolved, facts, targets, maxTokens } = decided
  const { policy } = resolved
  const first = targets[0]
  return {
    workflow: {
      name: resolved.workflow,
      policy: policy.workflow,
      file: policy.source,
      digest: policy.digest,
      because: resolved.by,
    },
    route: { mode: found.policy.route.mode, acts: resolved.askedByName || policy.route.mode === 'on' },
    facts: allFacts(facts),
    why: explainReasons(facts),
    rules: explainRules(policy.route.rules, facts),
    rule: decided.rule ?? null,
    targets: targets.map((target) => explainTarget(incoming, target, maxTokens, sources)),
    reasons: decided.reasons,
    limits: explainLimits(policy.limits),
    fallback: policy.fallback.on,
    max_tokens: maxTokens ?? null,
    estimate: first === undefined ? null : estimate(first, facts.tokens, incoming.at, sources),
    failure: decided.failure,
  }
}

function allFacts(facts: Facts): FactRecord {
  const { tokens, has, tools, turns, outputShape, task, language, code, timeDependent, difficulty } = facts
  const ofText = { task, language, code, time_dependent: timeDependent, difficulty }
  return { ...facts.record(), tokens, has, tools, turns, output_shape: outputShape, ...ofText }
}

function explainReasons({ reading }: Facts): ExplainedReasons {
  const { timeDependent, ...why } = reading.why()
  return { ...why, time_dependent: timeDependent }
}

export function toldFailure({ status, code, message }: Failure): ExplainedFailure {
  return { status, code, message }
}

function acting(resolved: ResolvedWorkflow): ResolvedWorkflow {
  const { policy } = resolved
  return { ...resolved, policy: { ...policy, route: { ...policy.route, mode: 'on' } } }
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
