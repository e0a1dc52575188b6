/** What a request says of itself where slots are given out. */
import type { CallerRequest } from '../openai/passed-request.ts'
import { requestMedia } from '../openai/request-media.ts'
import type { Lane } from '../providers/provider.ts'
import { audioTokens } from './expected-usage.ts'
import type { Priority } from './fair-queue.ts'
import type { Journey } from './journey.ts'

export interface Claim {
  priority: Priority
  tenant: string
  /** Of its prompt, that no cache is expected to have; of a recording, by how long it lasts. */
  uncachedTokens: number
  lane: Lane
  /** Of its policy: requests at once to a replica; undefined for no bound. */
  concurrency: 'adaptive' | number | undefined
  stream: boolean
  /** Of `elapsedMs`: when it is given up. */
  untilMs: number
  /** Replicas that it was refused by: others are rather asked. */
  tried: ReadonlySet<string>
}

/** @param uncachedTokens as its replica was chosen by; undefined where nobody looked */
export function claimOf(
  journey: Journey,
  tried: ReadonlySet<string>,
  uncachedTokens = journey.input.tokens,
): Claim {
  const { incoming, policy, input, startedMs } = journey
  const { request, principal, labels } = incoming
  return {
    priority: labels.priority ?? policy.priority,
    tenant: principal.tenant,
    uncachedTokens: isHeard(request) ? audioTokens(request.bytes) : uncachedTokens,
    lane: laneOf(request, input.hasMedia),
    concurrency: policy.limits.concurrency,
    stream: request.stream,
    untilMs: startedMs + policy.limits.timeoutMs,
    tried,
  }
}

function isHeard({ endpoint }: CallerRequest): boolean {
  return endpoint === 'audio/transcriptions' || endpoint === 'audio/translations'
}

function laneOf(request: CallerRequest, hasMedia: boolean): Lane {
  const { endpoint } = request
  if (endpoint.startsWith('audio/')) return 'audio'
  if (endpoint.startsWith('images/')) return 'image'
  if (!hasMedia) return 'text'
  const { kinds } = requestMedia(request.body)
  if (kinds.includes('audio')) return 'audio'
  return kinds.includes('image') || kinds.includes('video') ? 'image' : 'text'
}
