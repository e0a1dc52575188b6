/** How long a replica is left alone after a fault, and how long a request waits before it is asked again. */
import type { Provider } from '../providers/provider.ts'
import type { Fault } from './fault.ts'

const FIRST_BACKOFF_MS = 500
const UNCONNECTED_PAUSE_MS = 5_000
const LONGEST_BACKOFF_MS = 8_000

/** The provider did nothing: it was never reached, or would not take the request yet. */
export function wasRefused(it: Fault): boolean {
  return it.unconnected || it.kind === 'rate_limited'
}

/** How long a replica is asked last: as it wishes, or a while where it cannot be connected to and others can. */
export function pauseAfter(it: Fault, { replicas }: Provider): number | undefined {
  return it.unconnected && replicas.length > 1 ? UNCONNECTED_PAUSE_MS : it.retryAfterMs
}

/** Full jitter (Brooker, AWS Architecture Blog 2015), never less than the provider asked for. */
export function retryDelayMs(it: Fault, retries: number, random: number): number {
  const jitterMs = random * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** retries)
  return Math.max(jitterMs, it.retryAfterMs ?? 0)
}
