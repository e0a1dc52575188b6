/** Decides a recorded request again by other policies: the workflow, the rule and the targets, by the gateway's own code. */
import { Failure } from '../errors.ts'
import type { RecordedRequest } from '../metering/recorded-request.ts'
import { MODEL_ENDPOINTS } from '../openai/model-request.ts'
import { followCanary } from '../policy/canary.ts'
import type { PolicySet } from '../policy/policy.ts'
import { statesNothing } from '../policy/policy-set.ts'
import { type ResolvedWorkflow, resolveWorkflow } from '../policy/resolve-workflow.ts'
import { stableShare } from '../policy/stable-share.ts'
import { modelNotFound, type Registry } from '../providers/registry.ts'
import { type Begin, NOT_OPEN } from '../routing/learn/learned-tiers.ts'
import { type Plan, type PlannedTarget, planFor } from '../routing/plan.ts'
import { RecordedFacts } from './recorded-facts.ts'

/** Why a request is taken as it was: no policy decides it again. */
export type KeptReason =
  | 'from memory'
  | 'from documents'
  | 'without a model'
  | 'passed through'
  | 'refused before a call'
  | "trimtab's own"
  | 'no record'

export interface AgainTarget extends PlannedTarget {
  /** `provider/model`. */
  name: string
  tier: string | undefined
}

export type Again =
  | { kind: 'kept'; reason: KeptReason }
  /** The policy that decided, to the letter: lots that it drew, and what sessions kept, stand. */
  | { kind: 'same'; unknown: readonly string[] }
  | { kind: 'refused'; message: string; unknown: readonly string[] }
  | {
      kind: 'decided'
      workflow: string
      /** In the order in which they would be tried. */
      targets: readonly AgainTarget[]
      maxTokens: number | undefined
      /** Facts that a condition asked for and the record lacks. */
      unknown: readonly string[]
    }

export interface RedecideParts {
  policies: PolicySet
  registry: Registry
  hourIn(timeZone: string, at: number): number
  /** See `RecordedTraffic`. */
  keyWorkflows: ReadonlyMap<string, readonly string[]>
}

const OWN: ReadonlySet<string> = new Set(['audit'])
const REMEMBERED: ReadonlySet<string> = new Set(['exact', 'semantic', 'coalesced'])

export function redecide(request: RecordedRequest, parts: RedecideParts): Again {
  const reason = keptReason(request)
  if (reason !== undefined) return { kind: 'kept', reason }
  const facts = new RecordedFacts(request, parts.hourIn)
  try {
    const resolved = resolveAgain(request, facts, parts)
    if (isSame(request, resolved)) {
      return request.cache === 'knowledge'
        ? { kind: 'kept', reason: 'from documents' }
        : { kind: 'same', unknown: [...facts.unknown] }
    }
    const ports = { ...portsFor(request, parts), begin: begunAgain(request) }
    const plan = planFor(resolved.policy, facts, resolved.askedByName, ports)
    if (isAnsweredAgain(request, plan)) return { kind: 'kept', reason: 'from documents' }
    const { tierTargets, maxTokens } = plan
    const targets = tierTargets.flatMap(({ tier, targets }) =>
      targets.map(({ provider, model }) => ({ provider, model, tier, name: `${provider.name}/${model}` })),
    )
    const { workflow } = resolved
    return { kind: 'decided', workflow, targets, maxTokens, unknown: [...facts.unknown] }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { kind: 'refused', message: error.message, unknown: [...facts.unknown] }
  }
}

function keptReason({
  cache,
  decision,
  endpoint,
  attempts,
  failed,
}: RecordedRequest): KeptReason | undefined {
  if (decision === undefined) return 'no record'
  if (cache !== undefined && OWN.has(cache)) return "trimtab's own"
  if (cache !== undefined && REMEMBERED.has(cache)) return 'from memory'
  if (!MODEL_ENDPOINTS.some((known) => known === endpoint)) return 'passed through'
  if (attempts.length > 0 || cache === 'knowledge') return undefined
  // By a budget or a limit, which replay does not keep.
  return failed ? 'refused before a call' : 'without a model'
}

/** Documents answered it, and are asked in its new plan as well. */
function isAnsweredAgain(
  { cache, decision }: RecordedRequest,
  { documents }: Pick<Plan, 'documents'>,
): boolean {
  if (cache !== 'knowledge') return false
  const answering = decision?.knowledge?.find(({ outcome }) => outcome === 'answered')
  return documents.some(({ documents: { collection } }) => collection === answering?.collection)
}

function isSame({ workflow, decision }: RecordedRequest, resolved: ResolvedWorkflow): boolean {
  const { policy } = resolved
  return (
    resolved.workflow === workflow &&
    policy.workflow === decision?.policy.workflow &&
    policy.digest === decision.policy.digest
  )
}

/** What the caller's header said is not in the record, but whether it told the workflow. */
function resolveAgain(
  request: RecordedRequest,
  facts: RecordedFacts,
  { policies, keyWorkflows }: RedecideParts,
): ResolvedWorkflow {
  const { workflow, modelAsked, keyName, tags, session, user, id, decision } = request
  const told = decision?.policy.by
  const isNamed = modelAsked === 'auto' || (modelAsked !== undefined && policies.byWorkflow.has(modelAsked))
  const byHeader = told === undefined ? !isNamed : told === 'header'
  if (told === undefined && byHeader) facts.unknown.add('what told the workflow')
  const unseen = byHeader || told === 'model' ? [] : unseenConditions(policies)
  for (const fact of unseen) facts.unknown.add(fact)
  // What it matched by then cannot be looked at: where its policy asks for that, it stays there.
  const stays = told === 'match' && unseenIn(policies.byWorkflow.get(workflow)).length > 0
  const resolved = resolveWorkflow(policies, {
    header: byHeader || stays ? workflow : undefined,
    model: modelAsked,
    keyName,
    allowedWorkflows: keyName === undefined ? undefined : keyWorkflows.get(keyName),
    tags,
    metadata: {},
    client: undefined,
  })
  return followCanary(policies, resolved, session ?? user ?? id)
}

const unseenKnown = new WeakMap<PolicySet, readonly string[]>()

function unseenConditions(policies: PolicySet): readonly string[] {
  let unseen = unseenKnown.get(policies)
  if (unseen === undefined) {
    unseen = [...new Set(policies.inOrder.flatMap(unseenIn))]
    unseenKnown.set(policies, unseen)
  }
  return unseen
}

/** What a policy matches by that no record holds: it may be anything, and belongs to the caller. */
function unseenIn(policy: PolicySet['default'] | undefined): string[] {
  if (policy === undefined || statesNothing(policy.match)) return []
  const { clients, metadata } = policy.match
  return [
    ...(clients.length > 0 ? ['client'] : []),
    ...(Object.keys(metadata).length > 0 ? ['metadata'] : []),
  ]
}

/** Where the same policy chose between the same models, what it had learned stands; elsewhere nothing was learned yet. */
function begunAgain({ decision }: RecordedRequest): Begin | undefined {
  const { learning, policy } = decision ?? {}
  if (learning === undefined) return undefined
  const { pair, reason, score, cut } = learning
  return (scope) =>
    scope.pair === pair && scope.workflow === policy?.workflow
      ? { beginning: { at: isBelow(score, cut) ? 'small' : 'large', reason }, asked: undefined }
      : NOT_OPEN
}

function isBelow(score: number | undefined, cut: number | undefined): boolean {
  return score !== undefined && cut !== undefined && score < cut
}

function portsFor(request: RecordedRequest, { registry, policies }: RedecideParts) {
  let drawn = 0
  return {
    lookup: registry.lookup,
    notFound: (model: string) => modelNotFound(registry, model, [...policies.byWorkflow.keys()]),
    // Whom its caller named is not in the record: it goes where it went.
    withoutModel: () => {
      const name = request.decision?.candidates[0]?.target.split('/', 1)[0]
      const provider = name === undefined ? undefined : registry.providers.get(name)
      return provider && { provider, model: '' }
    },
    // The same each time, so that two replays differ by their policies alone.
    random: () => stableShare(`${request.id} ${drawn++}`),
  }
}
