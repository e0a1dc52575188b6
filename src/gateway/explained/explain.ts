/** Where the gateway would send a request, told instead of done: the journey's own steps up to the call. */
import { Failure } from '../../errors.ts'
import type { LearningNote } from '../../metering/decision.ts'
import { followCanary } from '../../policy/canary.ts'
import type { FallbackCause, Limits } from '../../policy/policy.ts'
import type { ResolvedWorkflow } from '../../policy/resolve-workflow.ts'
import type { FactRecord, Facts } from '../../routing/facts.ts'
import type { LearnedPlan } from '../../routing/learn/learned-tiers.ts'
import type { Plan } from '../../routing/plan.ts'
import type { Scorer } from '../../routing/scorer.ts'
import type { Gateway, Incoming } from '../journey.ts'
import { learnedNote } from '../learning/learned-note.ts'
import { type Budgets, degraded, type Held } from '../limits/budgets.ts'
import type { Target } from '../outbound.ts'
import { factsOf, type PlanSources, planTargets } from '../plan-targets.ts'
import { canaryUnit, workflowOf } from '../resolve.ts'
import { trimmedRequest } from '../trim-input.ts'
import { type ExplainedDocuments, explainDocuments } from './explained-documents.ts'
import {
  type ExplainedEscalation,
  type ExplainedSession,
  explainEscalation,
  explainSession,
} from './explained-escalation.ts'
import { type ExplainedRule, explainRules, whoseBound } from './explained-rules.ts'
import { type Estimate, type ExplainedTarget, estimate, explainTarget } from './explained-target.ts'

/** Members are those of `explain --json`; money is USD. */
export interface Explanation {
  workflow: {
    name: string
    policy: string
    file: string
    digest: string
    because: ResolvedWorkflow['by']
    canary: ExplainedCanary | null
  }
  route: { mode: 'on' | 'shadow'; acts: boolean }
  facts: FactRecord
  /** By fact that is read out of the text: what speaks for it, the strongest first. */
  why: ExplainedReasons
  rules: readonly ExplainedRule[]
  /** The rule that acts. */
  rule: string | null
  /** Tiers of documents, which are asked first. */
  documents: readonly ExplainedDocuments[]
  targets: readonly ExplainedTarget[]
  reasons: readonly string[]
  /** Where learning says to begin; null where nothing is learned or there is nothing to choose. */
  learning: LearningNote | null
  limits: {
    timeout_ms: number
    first_chunk_ms: number
    between_chunks_ms: number
    connect_ms: number
    retries: number
  }
  /** What makes the next target be tried. */
  fallback: readonly FallbackCause[]
  /** When the next tier is asked as well; null where never. */
  escalate: ExplainedEscalation | null
  session: ExplainedSession | null
  max_tokens: number | null
  /** Whether the rule states that bound, or the policy for all of them. */
  max_tokens_by: 'rule' | 'policy' | null
  /** Of the first target. */
  estimate: Estimate | null
  /** What the caller would be told instead of an answer. */
  failure: ExplainedFailure | null
}

/** `follows`: whether this request follows it; null where each request is drawn by itself. */
interface ExplainedCanary {
  policy: string
  share: number
  follows: boolean | null
}

type ExplainedReasons = Readonly<
  Record<'task' | 'language' | 'code' | 'time_dependent' | 'difficulty', readonly string[]>
>

export interface ExplainedFailure {
  status: number
  code: string
  message: string
}

/** `prefixes` undefined: as if nothing had been measured. */
export type ExplainSources = PlanSources & Pick<Gateway, 'pricer'> & Partial<Pick<Gateway, 'prefixes'>>

/** What the gateway's own steps decide for a request. */
export interface Decided {
  /** As the policy stands. */
  found: ResolvedWorkflow
  canary: ExplainedCanary | null
  /** As it was asked. */
  resolved: ResolvedWorkflow
  facts: Facts
  rule: string | undefined
  documents: Plan['documents']
  targets: readonly Target[]
  maxTokens: number | undefined
  stopSequences: readonly string[] | undefined
  reasons: readonly string[]
  learned?: LearnedPlan | undefined
  /** The budgets that count the request. */
  held: readonly Held[]
  /** One of them is nearly spent, and leaves tiers out. */
  isDegraded: boolean
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
  const policies = sources.policies()
  const own = workflowOf(incoming, policies)
  // A policy's own tests are of that policy; and what is drawn by request is drawn when it comes.
  const unit = always ? undefined : canaryUnit(incoming)
  const found = unit === undefined ? own : followCanary(policies, own, unit)
  const resolved = always ? acting(found) : found
  const { trims, ...trimmed } = trimmedAs(incoming, found, sources)
  const facts = factsOf(trimmed, found, sources)
  const held = budgets?.heldBy(incoming, resolved.policy) ?? []
  const canary = explainCanary(own, unit === undefined ? null : found !== own)
  const reached = budgets?.reached(held) ?? []
  const decided = { found, canary, resolved, facts, held, isDegraded: reached.length > 0 }
  try {
    const { plan, targets: planned } = planTargets(trimmed, resolved, facts, sources)
    const { rule, documents, maxTokens, stop: stopSequences, learned } = plan
    const targets = degraded(planned, reached)
    const onwards = targets === planned ? [] : [`budget: ${targets[0]?.tier} onwards`]
    const reasons = [...trims, ...plan.reasons, ...onwards]
    const planning = { rule, documents, maxTokens, stopSequences, reasons, learned, targets }
    return { ...decided, ...planning, failure: null }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const nothing = {
      rule: undefined,
      documents: [],
      targets: [],
      maxTokens: undefined,
      stopSequences: undefined,
      reasons: [],
    }
    return { ...decided, ...nothing, failure: toldFailure(error) }
  }
}

/** As the journey would take it. */
function trimmedAs(
  incoming: Incoming,
  { policy, workflow }: ResolvedWorkflow,
  { tokenRatios }: PlanSources,
): Incoming & { trims: readonly string[] } {
  if (policy.input === undefined) return { ...incoming, trims: [] }
  const bytesPerToken = tokenRatios.bytesPerToken(workflow)
  const { request, trims } = trimmedRequest(incoming.request, policy.input, bytesPerToken)
  return { ...incoming, request, trims }
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
      canary: decided.canary,
    },
    route: { mode: found.policy.route.mode, acts: resolved.askedByName || policy.route.mode === 'on' },
    facts: allFacts(facts),
    why: explainReasons(facts, policy.route.scorer),
    rules: explainRules(policy.route.rules, facts),
    rule: decided.rule ?? null,
    documents: decided.documents.map(explainDocuments),
    targets: targets.map((target) => explainTarget(incoming, target, decided, { ...sources, policy })),
    reasons: decided.reasons,
    learning: decided.learned === undefined ? null : learnedNote(decided.learned),
    limits: explainLimits(policy.limits),
    fallback: policy.fallback.on,
    escalate: explainEscalation(policy, decided),
    session: explainSession(policy),
    max_tokens: maxTokens ?? null,
    max_tokens_by: maxTokens === undefined ? null : whoseBound(policy.route.rules, decided.rule),
    estimate: first === undefined ? null : estimate(first, facts.tokens, incoming.at, sources),
    failure: decided.failure,
  }
}

function allFacts(facts: Facts): FactRecord {
  const { tokens, has, tools, turns, outputShape, task, language, code, timeDependent, difficulty } = facts
  const ofText = { task, language, code, time_dependent: timeDependent, difficulty }
  return { ...facts.record(), tokens, has, tools, turns, output_shape: outputShape, ...ofText }
}

function explainReasons({ reading, learned }: Facts, scorer: Scorer | undefined): ExplainedReasons {
  const { timeDependent, ...why } = reading.why()
  const asked =
    scorer && `a request asks ${scorer.model}, ${scorer.timeoutMs} ms at most; here it is told by the prior`
  const ofPrior = asked === undefined ? why.difficulty : [asked, ...why.difficulty]
  return { ...why, difficulty: learned?.why() ?? ofPrior, time_dependent: timeDependent }
}

export function toldFailure({ status, code, message }: Failure): ExplainedFailure {
  return { status, code, message }
}

function explainCanary(
  { policy: { canary } }: ResolvedWorkflow,
  follows: boolean | null,
): ExplainedCanary | null {
  return canary === undefined ? null : { policy: canary.workflow, share: canary.share, follows }
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
