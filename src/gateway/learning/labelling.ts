/** A share of a workflow's requests is also asked of the other tier, behind the caller's back: what routing learns from. */
import { agreementOf } from '../../cache/semantic/agreement.ts'
import { type ToldAnswer, toldAnswer } from '../../openai/told-answer.ts'
import type { Policy } from '../../policy/policy.ts'
import type { ResolvedWorkflow } from '../../policy/resolve-workflow.ts'
import { sendsCallersKey } from '../../providers/provider.ts'
import type { Agrees } from '../../routing/learn/label-set.ts'
import type { LearnPolicy } from '../../routing/learn/learn-policy.ts'
import type { AskableTier, LearnedPlan } from '../../routing/learn/learned-tiers.ts'
import type { Learning } from '../../routing/learn/learning.ts'
import type { Departure } from '../journey.ts'
import { isWrongByJudge } from '../judge.ts'
import type { Keeper } from '../passage.ts'
import { subRequest } from '../sub-request.ts'
import { answersAgree } from './answers-agree.ts'
import { tellsText } from './learnable.ts'

interface Labelling {
  departure: Departure
  resolved: ResolvedWorkflow
  policy: LearnPolicy
  learning: Learning
}

/**
 * Drawn before anything is known of the request's answer, so that labels stand for all requests. Undefined for those that
 * are not drawn, and where nothing is learned.
 */
export function labelKeeper(departure: Departure, resolved: ResolvedWorkflow): Keeper | undefined {
  const policy = resolved.policy.route.learn
  if (policy === undefined || !tellsText(departure.incoming.request)) return undefined
  const { gateway } = departure
  const learning = gateway.learning()
  if (learning === undefined || gateway.random() >= learning.shareOf(resolved.policy.workflow, policy))
    return undefined
  return (answer, { target }) => {
    const { learned } = departure.entry
    if (learned?.asked === undefined) return
    const begunAt = answeredBy(learned, target)
    const told = toldAnswer(answer, departure.incoming.request.endpoint)
    if (begunAt === undefined || told === undefined) return
    if (isForStrangers(begunAt === 'small' ? learned.large : learned.small, target)) return
    // The caller has its answer: a fault here costs a label.
    void label({ departure, resolved, policy, learning }, learned, begunAt, told).catch(() => {})
  }
}

type Answering = { provider: { name: string }; model: string; tier: string | undefined }

/** Undefined where neither tier did. In shadow a request goes to no tier, and its model may be one of theirs all the same. */
function answeredBy({ small, large }: LearnedPlan, { provider, model, tier }: Answering) {
  const isOf = (one: AskableTier): boolean =>
    tier === undefined
      ? one.targets.some((target) => target.provider.name === provider.name && target.model === model)
      : one.tier === tier
  if (isOf(large)) return 'large'
  return isOf(small) ? 'small' : undefined
}

/** The caller's own key is meant for the provider that answered. */
function isForStrangers({ targets }: AskableTier, { provider: own }: Answering): boolean {
  return targets.some(({ provider }) => provider.name !== own.name && sendsCallersKey(provider))
}

async function label(
  labelling: Labelling,
  learned: LearnedPlan,
  begunAt: 'small' | 'large',
  told: ToldAnswer,
): Promise<void> {
  const { departure, resolved, policy, learning } = labelling
  const { incoming, gateway } = departure
  // Where money runs short, it is the callers' to spend.
  const held = gateway.budgets.heldBy(incoming, resolved.policy)
  if (held !== undefined && gateway.budgets.reached(held).length > 0) return
  const ended = learning.asks(resolved.policy.workflow)
  let hasLabel = false
  try {
    const other = await askOther(labelling, begunAt === 'small' ? learned.large : learned.small)
    if (other === undefined || learned.asked === undefined) return
    const [small, large] = begunAt === 'small' ? [told, other] : [other, told]
    const agrees = await agreeing(labelling, learned.asked.text, small, large)
    const at = gateway.now()
    learning.learn(learned.scope, policy, learned.asked, { at, requestId: incoming.id, begunAt, agrees })
    hasLabel = true
  } finally {
    ended(hasLabel)
  }
}

/** Undefined where it gave no whole answer, or was not asked: that a model is down says nothing of its answers. */
async function askOther(
  { departure, resolved }: Labelling,
  { tier }: AskableTier,
): Promise<ToldAnswer | undefined> {
  const { incoming, entry } = departure
  const { rules } = resolved.policy.route
  const { maxTokens, stop } = rules.find(({ name }) => name === entry.decision.rule) ?? {}
  const rule = { name: 'learning', when: {}, to: [tier], maxTokens, stop }
  const route: Policy['route'] = { mode: 'on', rules: [rule], learn: undefined }
  // A session would keep the request with the tier that has answered it.
  const policy: Policy = { ...resolved.policy, route, session: undefined }
  let told: ToldAnswer | undefined
  await subRequest(
    departure,
    incoming,
    { ...resolved, policy },
    {
      reason: `asks ${tier}, to learn from`,
      keeper: (_, answer, by) => {
        if (by.target.tier === tier) told = toldAnswer(answer, incoming.request.endpoint)
      },
    },
  )
  return told
}

/** Words and structure first, then vectors of the answers, then the policy's judge. */
async function agreeing(
  { departure, resolved, policy }: Labelling,
  question: string,
  small: ToldAnswer,
  large: ToldAnswer,
): Promise<Agrees> {
  const verdict = answersAgree(small, large)
  if (verdict !== 'unsure') return verdict === 'agree'
  if (small.ended !== 'stop' || large.ended !== 'stop') return undefined
  const similarity = await departure.gateway.semanticCache()?.similarityOf(small.text, large.text)
  const byMeaning = similarity === undefined ? 'unsure' : agreementOf(small.text, large.text, similarity)
  if (byMeaning !== 'unsure') return byMeaning === 'agree'
  if (policy.judge === undefined) return undefined
  const material = { question, fresh: small.text, remembered: large.text }
  const isOther = await isWrongByJudge(departure, resolved.policy, policy.judge, material)
  return isOther === undefined ? undefined : !isOther
}
