/** Keeps a session, or a loop of tool calls, with whom it began: a model that changes midway loses its prompt cache, and its thread. */
import { noTokens } from '../metering/tokens.ts'
import { beginningOf, usesTools } from '../openai/conversation.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import type { Provider, Replica } from '../providers/provider.ts'
import type { Facts } from '../routing/facts.ts'
import type { Kept } from '../routing/kept-sessions.ts'
import type { Plan, PlannedTarget } from '../routing/plan.ts'
import type { Rule } from '../routing/rule.ts'
import type { Stickiness } from '../routing/stickiness.ts'
import { textDigest } from '../routing/text-hash.ts'
import type { Answered } from './attempt-result.ts'
import type { Gateway, Incoming } from './journey.ts'

type SessionGateway = Pick<Gateway, 'sessions' | 'health' | 'registry' | 'pricer' | 'elapsedMs'>

/** Undefined where the policy keeps nothing, or the request belongs to no session. */
export function sessionOf(
  incoming: Incoming,
  { policy, workflow }: ResolvedWorkflow,
  facts: Facts,
  gateway: SessionGateway,
): Session | undefined {
  const { request, principal, labels } = incoming
  const stickiness = policy.session
  if (stickiness === undefined || request.passed !== undefined) return undefined
  const isLoop = labels.session === undefined
  const isInLoop = isLoop && usesTools(request.body)
  // The request that declares tools may begin a loop.
  if (isLoop && !isInLoop && !facts.tools) return undefined
  const name = isLoop ? `loop ${textDigest(beginningOf(request.body))}` : `session ${labels.session}`
  const key = `${principal.tenant}\n${workflow}\n${name}`
  const found = isLoop && !isInLoop ? undefined : gateway.sessions.find(key, gateway.elapsedMs())
  return new Session({ key, found, isLoop, stickiness, policy, facts, at: incoming.at, gateway })
}

interface SessionParts {
  key: string
  found: Kept | undefined
  /** Of tool calls, of a caller who names no session. */
  isLoop: boolean
  stickiness: Stickiness
  policy: ResolvedWorkflow['policy']
  facts: Facts
  at: number
  gateway: SessionGateway
}

export class Session {
  readonly #parts: SessionParts

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /** The plan with whom the session keeps in front. */
  stayPut(plan: Plan): Plan {
    const { found, stickiness, isLoop } = this.#parts
    const first = plan.tierTargets[0]
    const planned = first?.targets[0]
    if (found?.tier === undefined || !stickiness.model) return plan
    // Who names a model, and no tier, is asked as it is named.
    if (first?.tier === undefined || planned === undefined) return plan
    const { tier, provider: name, model } = found
    if (first.tier === tier && planned.provider.name === name && planned.model === model) return plan
    const what = isLoop ? 'tool loop' : 'session'
    const kept = this.#keptTarget(tier)
    const why = kept === undefined ? 'its policy no longer names it' : this.#whyNot(plan, kept, planned)
    const at = `${tier} (${name}/${model})`
    if (why !== undefined || kept === undefined) {
      return { ...plan, reasons: [...plan.reasons, `moved: ${what} was on ${at}, but ${why}.`] }
    }
    return {
      ...plan,
      tierTargets: inFront(plan.tierTargets, tier, kept),
      reasons: [...plan.reasons, `kept: ${what} began on ${at}.`],
    }
  }

  /** How gladly a replica is asked again: 2 the same, 1 the same account, 0 any. */
  preference({ id, account }: Replica, provider: Provider): number {
    const { found, stickiness } = this.#parts
    if (found === undefined || found.provider !== provider.name) return 0
    if (stickiness.replica && found.replica === id) return 2
    return stickiness.account && found.account === account ? 1 : 0
  }

  /** Who answered; `escalated` where an earlier tier's answer did not suffice. */
  note({ target, metered }: Answered, escalated: boolean): void {
    const { key, found, stickiness, gateway } = this.#parts
    const { input, cache_read, output, reasoning } = metered.usage.tokens
    const { tier } = target
    const before = found?.tiers ?? []
    gateway.sessions.keep(key, {
      tier,
      provider: target.provider.name,
      model: target.model,
      account: target.replica.account,
      replica: target.replica.id,
      escalated: escalated || (found?.escalated === true && found.tier === tier),
      tiers: tier === undefined || before.includes(tier) ? before : [...before, tier],
      inputTokens: input + cache_read,
      outputTokens: output + reasoning,
      untilMs: gateway.elapsedMs() + stickiness.idleMs,
    })
  }

  /** Undefined where the policy's tier has it no more. */
  #keptTarget(tier: string): PlannedTarget | undefined {
    const { found, policy, gateway } = this.#parts
    const { lookup } = gateway.registry()
    const target = found && lookup(`${found.provider}/${found.model}`)
    if (target === undefined || target.provider.name !== found?.provider) return undefined
    const isNamed = policy.tiers.get(tier)?.use.some(({ model }) => {
      if (model === `${found.provider}/*`) return true
      const used = lookup(model)
      return used?.provider === target.provider && used.model === target.model
    })
    return isNamed === true ? target : undefined
  }

  /** Half a sentence; undefined where it stays. */
  #whyNot(plan: Plan, kept: PlannedTarget, planned: PlannedTarget): string | undefined {
    const { facts, gateway, found, policy } = this.#parts
    const tier = found?.tier ?? ''
    const rule = policy.route.rules.find(({ name }) => name === plan.rule)
    if (rule !== undefined && asksForAbility(rule) && !rule.to.includes(tier)) {
      return `rule ${rule.name} asks for what it may not be able to do`
    }
    const window = kept.provider.models.get(kept.model)?.contextTokens
    if (window !== undefined && facts.tokens > window) return `its window of ${window} tokens is too small`
    if (!gateway.health.isAvailable(kept.provider, gateway.elapsedMs())) return 'its provider is pausing'
    const first = plan.tierTargets[0]?.tier ?? ''
    const order = [...policy.tiers.keys()]
    const isDown = order.indexOf(first) < order.indexOf(tier)
    if (!isDown && first !== tier && found?.tiers.includes(first)) return `it has been on ${first} before`
    if (isDown && found?.escalated) return undefined
    return this.#paysToMove(kept, planned) ? `${first} saves more than the move costs` : undefined
  }

  /** Where a price is not known, nothing is known to pay. */
  #paysToMove(kept: PlannedTarget, planned: PlannedTarget): boolean {
    const { found, facts, stickiness } = this.#parts
    if (found === undefined) return false
    const { switchPenalty } = stickiness
    const output = found.outputTokens
    const cached = Math.min(facts.tokens, found.inputTokens + output)
    const isCached = switchPenalty.kind === 'auto'
    const stay = this.#cost(kept, facts.tokens, isCached ? cached : 0, output)
    const move = this.#cost(planned, facts.tokens, 0, output)
    if (stay === undefined || move === undefined) return false
    return stay - move > (switchPenalty.kind === 'fixed' ? switchPenalty.nanoUsd : 0)
  }

  #cost(
    { provider, model }: PlannedTarget,
    input: number,
    cached: number,
    output: number,
  ): number | undefined {
    const { gateway, at } = this.#parts
    const tokens = { ...noTokens(), input: input - cached, cache_read: cached, output }
    const subject = { provider: provider.name, priceProvider: provider.priceProvider, model, at }
    return gateway.pricer().price({ ...subject, tokens })?.costNanoUsd
  }
}

/** Its tiers were chosen for what they can do, not for what they cost. */
function asksForAbility({ when }: Rule): boolean {
  return when.has !== undefined || when.tools !== undefined
}

function inFront(tierTargets: Plan['tierTargets'], tier: string, kept: PlannedTarget): Plan['tierTargets'] {
  const isKept = ({ provider, model }: PlannedTarget): boolean =>
    provider === kept.provider && model === kept.model
  const own = tierTargets.find((one) => one.tier === tier)?.targets ?? []
  const others = tierTargets.filter((one) => one.tier !== tier)
  return [{ tier, targets: [kept, ...own.filter((target) => !isKept(target))] }, ...others]
}
