/** Plans a request: who may answer it, in which order, within which bounds, all of it noted in its record. */
import { partSizes } from '../metering/parts.ts'
import type { CallerRequest } from '../openai/passed-request.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import type { Facts } from '../routing/facts.ts'
import type { Plan } from '../routing/plan.ts'
import { askDifficulty } from './ask-difficulty.ts'
import { baselineTarget } from './baseline.ts'
import type { Entry } from './entry.ts'
import type { Departure, Journey } from './journey.ts'
import { learnedNote } from './learning/learned-note.ts'
import { degraded } from './limits/budgets.ts'
import { expectedInput } from './limits/expected-usage.ts'
import { requireCallersKey } from './may-ask.ts'
import type { Target } from './outbound.ts'
import { pinOf } from './passed/pins.ts'
import { factsOf, planTargets } from './plan-targets.ts'
import { sessionOf } from './session-keeping.ts'

export interface RequestPlan {
  /** At least one, unless there are documents. */
  targets: readonly Target[]
  documents: Plan['documents']
  /** What the journey goes on with. */
  planned: Pick<
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
    | 'prefix'
    | 'marked'
  >
}

/** @throws Failure `model_not_found`, `model_not_allowed`, `missing_api_key`, `not_found`, `invalid_request` */
export async function planRequest(journey: Departure, resolved: ResolvedWorkflow): Promise<RequestPlan> {
  const { incoming, entry, gateway } = journey
  const { request } = incoming
  const facts = factsOf(incoming, resolved, gateway)
  // Counted below in any case: asked for ahead of the plan, its record has it, and the request can be decided again.
  const { media } = facts
  const pin = mayNameIds(request, facts) ? await pinOf(incoming, gateway) : undefined
  const heldAt = gateway.budgets.revision
  const budgets = gateway.budgets.heldBy(incoming, resolved.policy)
  const counted = budgets && gateway.budgets.adoption?.counted(budgets)
  if (counted !== undefined) await counted
  const parts = partSizes(request)
  const bytesPerToken = gateway.tokenRatios.bytesPerToken(resolved.workflow)
  const input = expectedInput(request, bytesPerToken, { media, parts })
  const scoring =
    resolved.policy.route.scorer && (await askDifficulty(journey, resolved, facts, { budgets, input }))
  const session = resolved.policy.session && sessionOf(incoming, resolved, facts, gateway)
  const { plan, targets: byPlan } = planTargets(incoming, resolved, facts, gateway, { pin, session })
  const tiers = budgets === undefined ? [] : gateway.budgets.reached(budgets)
  const isDegraded = tiers.length > 0
  const targets = isDegraded ? degraded(byPlan, tiers) : byPlan
  const byBudget =
    targets === byPlan ? plan.reasons : [...plan.reasons, `budget: ${targets[0]?.tier} onwards`]
  const reasons = scoring === undefined ? byBudget : [scoring, ...byBudget]
  note(entry, plan, { targets, parts, reasons })
  if (pin === undefined) {
    entry.learned = plan.learned
    entry.shadowRoute = plan.shadow
  }
  requireCallersKey(incoming, targets[0])
  const goesToTier = targets[0]?.tier !== undefined
  const baseline = baselineTarget(request, resolved, goesToTier, gateway.registry())
  const { documents, maxTokens, stop: stopSequences } = plan
  const planned = {
    maxTokens,
    stopSequences,
    budgets,
    heldAt,
    isDegraded,
    pin,
    input,
    session,
    baseline,
    prefix: undefined,
    marked: undefined,
  }
  return { targets, documents, planned }
}

/** Into the decision record. */
function note(
  { opened, decision }: Pick<Entry, 'opened' | 'decision'>,
  { rule, facts, learned }: Plan,
  {
    targets,
    parts,
    reasons,
  }: Pick<RequestPlan, 'targets'> & Required<Pick<Entry['decision'], 'parts' | 'reasons'>>,
): void {
  opened.rule = rule
  decision.rule = rule
  decision.facts = facts
  decision.parts = parts
  decision.reasons = reasons
  decision.candidates = targets.map(({ provider, model, tier }) => ({
    target: `${provider.name}/${model}`,
    tier,
  }))
  if (learned !== undefined) decision.learning = learnedNote(learned)
}

/**
 * Asked of every request: chat of texts alone, which is most, names nothing that a provider made. Messages may name files
 * within what tools gave back.
 */
export function mayNameIds({ endpoint, passed }: CallerRequest, { media }: Pick<Facts, 'media'>): boolean {
  const isDeep = passed !== undefined || endpoint === 'responses' || endpoint === 'messages'
  return isDeep || media.kinds.length > 0
}
