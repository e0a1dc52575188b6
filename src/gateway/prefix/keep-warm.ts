/** Keeps the prefixes of some workflows in their providers' caches: asks for them once more before they go, where that pays. */
import { forgetOldest } from '../../forget-oldest.ts'
import type { Metered } from '../../metering/meter.ts'
import { cachedPrice } from '../../metering/prefix/cached-price.ts'
import { SHORTEST_CACHED_TOKENS } from '../../metering/prefix/prompt-watch.ts'
import { isWorthWarming, type WarmRates } from '../../metering/prefix/worth-warming.ts'
import type { ModelRequest } from '../../openai/model-request.ts'
import { sendsCallersKey } from '../../providers/provider.ts'
import type { Ending } from '../dispatch.ts'
import type { Gateway, Incoming, Journey } from '../journey.ts'
import type { Target } from '../outbound.ts'
import { straight } from '../straight.ts'
import { subRequest } from '../sub-request.ts'
import { prefixIn } from './mark-prefix.ts'
import { refreshRequest } from './refresh-request.ts'

/** Each holds the text of its tools and system prompt. */
const MOST_PREFIXES = 50
/** What nobody used for so many lifetimes is let go. */
const MOST_REFRESHES = 3
/** Of its lifetime: what is asked for later may come too late. */
const DUE_SHARE = 0.85
const SECONDS = { '1h': 3600, '30m': 1800, '5m': 300 }

interface Warm {
  incoming: Incoming
  resolved: ReturnType<typeof straight>
  request: ModelRequest
  provider: string
  model: string
  ttlSeconds: number
  tokens: number
  rates: WarmRates
  /** On the clock that never jumps: used by a caller, and to be asked for. */
  usedMs: number
  dueMs: number
  refreshes: number
  isAsking: boolean
}

export class KeepWarm {
  /** Used last comes last. */
  readonly #warm = new Map<string, Warm>()

  /** Told of every answer under a policy with `keep_warm`. */
  answered(journey: Journey, ending: Ending): void {
    if (ending.kind !== 'whole' || journey.entry.cache === 'audit') return
    const { target, metered } = ending.answered
    const prefix = prefixIn(journey)
    if (prefix === undefined || sendsCallersKey(target.provider)) return
    const { tenant } = journey.incoming.principal
    const key = JSON.stringify([
      tenant,
      journey.entry.opened.workflow,
      target.provider.name,
      target.model,
      prefix.head,
    ])
    const before = this.#warm.get(key)
    if (before !== undefined) noteUse(journey.gateway, before, metered)
    const warm = warmOf(journey, target, metered, prefix.prompt.headBytes, before)
    this.#warm.delete(key)
    if (warm === undefined) return
    this.#warm.set(key, warm)
    forgetOldest(this.#warm, MOST_PREFIXES)
  }

  /** To be called every few seconds. Resolves once what was due is asked for; never rejects. */
  async run(gateway: Gateway): Promise<void> {
    const nowMs = gateway.elapsedMs()
    const due = [...this.#warm].filter(([, { dueMs, isAsking }]) => dueMs <= nowMs && !isAsking)
    await Promise.all(due.map(([key, warm]) => this.#refresh(key, warm, gateway)))
  }

  async #refresh(key: string, warm: Warm, gateway: Gateway): Promise<void> {
    const { incoming, resolved, request, refreshes, ttlSeconds, rates } = warm
    const reuse = gateway.promptWatch?.reuse(resolved.workflow)
    const isKept = gateway.elapsedMs() < warm.dueMs + (1 - DUE_SHARE) * ttlSeconds * 1000
    const pays = isWorthWarming(reuse, refreshes, ttlSeconds, rates)
    if (!isKept || !pays || refreshes >= MOST_REFRESHES || isShortOfMoney(gateway, warm)) {
      this.#warm.delete(key)
      return
    }
    // It stays due: its turn comes while it is still kept, or it is let go above.
    if (gateway.audits.isFull) return
    warm.isAsking = true
    let isRead = false
    await subRequest({ incoming, gateway }, { request, principal: incoming.principal }, resolved, {
      reason: 'keeps the prefix warm of',
      keeper: (_, _answer, { metered }) => {
        isRead = metered.usage.tokens.cache_read >= SHORTEST_CACHED_TOKENS
        gateway.promptWatch?.warmed(eventOf(warm, gateway, { costNanoUsd: metered.costNanoUsd ?? 0 }))
      },
    })
    warm.isAsking = false
    // Refused, or gone already: asking again would write it anew.
    if (!isRead && this.#warm.get(key) === warm) this.#warm.delete(key)
    warm.refreshes++
    warm.dueMs = gateway.elapsedMs() + DUE_SHARE * ttlSeconds * 1000
  }
}

function warmOf(
  journey: Journey,
  { provider, model }: Pick<Target, 'provider' | 'model'>,
  { usage: { tokens } }: Metered,
  headBytes: number,
  before: Warm | undefined,
): Warm | undefined {
  const { incoming, gateway, entry, policy, input } = journey
  if (incoming.request.passed !== undefined) return undefined
  const whole =
    tokens.input + tokens.cache_read + tokens.cache_write_5m + tokens.cache_write_30m + tokens.cache_write_1h
  const inCache = whole - tokens.input
  const head = Math.min(inCache, Math.floor((whole * headBytes) / Math.max(1, input.textBytes)))
  const ttlSeconds = lifetime(tokens) ?? before?.ttlSeconds
  const rates = cachedPrice(gateway.pricer(), { provider, model, at: incoming.at }, whole, ttlSeconds)
  if (head < SHORTEST_CACHED_TOKENS || ttlSeconds === undefined || rates === undefined) return undefined
  const request = refreshRequest(incoming.request, `${provider.name}/${model}`)
  if (request === undefined) return undefined
  const usedMs = gateway.elapsedMs()
  return {
    incoming: { ...incoming, request },
    resolved: straight(entry.opened.workflow, policy),
    request,
    provider: provider.name,
    model,
    ttlSeconds,
    tokens: head,
    rates,
    usedMs,
    dueMs: usedMs + DUE_SHARE * ttlSeconds * 1000,
    refreshes: 0,
    isAsking: false,
  }
}

/** What a caller's prompt found that would have been gone without. */
function noteUse(gateway: Gateway, warm: Warm, { usage }: Metered): void {
  const wouldBeGone = gateway.elapsedMs() > warm.usedMs + warm.ttlSeconds * 1000
  // The size of the prefix is told by its bytes.
  const found = Math.min(usage.tokens.cache_read, warm.tokens)
  if (warm.refreshes === 0 || !wouldBeGone || found < SHORTEST_CACHED_TOKENS) return
  const sparedNanoUsd = Math.round(found * (warm.rates.cold - warm.rates.read))
  gateway.promptWatch?.warmed(eventOf(warm, gateway, { sparedNanoUsd }))
}

function eventOf(
  { resolved, provider, model }: Warm,
  gateway: Gateway,
  amounts: { costNanoUsd: number } | { sparedNanoUsd: number },
) {
  return { workflow: resolved.workflow, provider, model, at: gateway.now(), ...amounts }
}

function isShortOfMoney(gateway: Gateway, { incoming, resolved }: Warm): boolean {
  const held = gateway.budgets.heldBy(incoming, resolved.policy)
  return held !== undefined && gateway.budgets.reached(held).length > 0
}

/** Seconds; undefined where nothing was written, so that only an earlier request knows. */
function lifetime(tokens: Metered['usage']['tokens']): number | undefined {
  if (tokens.cache_write_1h > 0) return SECONDS['1h']
  if (tokens.cache_write_30m > 0) return SECONDS['30m']
  return tokens.cache_write_5m > 0 ? SECONDS['5m'] : undefined
}
