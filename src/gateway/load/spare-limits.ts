/** Keeps a request within what providers say is left of their rate limits: at another account, or a little later. */
import type { Replica } from '../../providers/provider.ts'
import type { Journey } from '../journey.ts'
import type { Target } from '../outbound.ts'
import { sleep } from '../stop.ts'

/** Beyond this the provider is asked all the same: it may say more of it than we know. */
const LONGEST_WAIT_MS = 10_000

/** Undefined where no replica lacks room, which is nearly always. */
export function isSpentFor(
  { gateway, input }: Journey,
  { provider, model }: Target,
  nowMs: number,
): ((replica: Replica) => boolean) | undefined {
  if (provider.replicas.length === 1 || gateway.headroom.isEmpty) return undefined
  return ({ id }) => gateway.headroom.waitMs(id, model, input.tokens, nowMs) > 0
}

/**
 * Waits until one of its replicas has room, where the wait is short and the policy's deadline allows it.
 * @returns milliseconds that were waited
 */
export async function spareLimits(
  { gateway, input, stop, policy, startedMs }: Journey,
  { provider, model }: Target,
  tried: ReadonlySet<string>,
): Promise<number> {
  const { headroom } = gateway
  if (headroom.isEmpty) return 0
  const sinceMs = gateway.elapsedMs()
  const untilMs = Math.min(sinceMs + LONGEST_WAIT_MS, startedMs + policy.limits.timeoutMs)
  const rest = provider.replicas.filter(({ id }) => !tried.has(id))
  const replicas = rest.length === 0 ? provider.replicas : rest
  for (let nowMs = sinceMs; stop.reason === undefined; nowMs = gateway.elapsedMs()) {
    const waits = replicas.map(({ id }) => headroom.waitMs(id, model, input.tokens, nowMs))
    const waitMs = Math.min(...waits)
    // Each that waited takes what it needs: others that waited as long look again.
    if (waitMs === 0 || nowMs + waitMs >= untilMs) return nowMs - sinceMs
    await sleep(waitMs, stop)
  }
  return gateway.elapsedMs() - sinceMs
}
