/** What a request says of itself where slots are given out. */
import { soundSeconds } from '../../media/sound-seconds.ts'
import { bytesSource } from '../../media/sound-source.ts'
import { firstFileStart } from '../../openai/form-parts.ts'
import type { CallerRequest } from '../../openai/passed-request.ts'
import { requestMedia } from '../../openai/request-media.ts'
import type { Lane } from '../../providers/provider.ts'
import { headerValue } from '../../providers/transport.ts'
import type { Incoming, Journey } from '../journey.ts'
import { TOKENS_PER_AUDIO_SECOND } from '../limits/expected-usage.ts'
import type { Priority } from './fair-queue.ts'

export interface Claim {
  priority: Priority
  tenant: string
  /** Of its prompt, that no cache is expected to have; sound is counted by the second. */
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
    uncachedTokens: isHearing(request) ? uncachedTokens + tokensHeard(incoming, request) : uncachedTokens,
    lane: laneOf(request, input.hasMedia),
    concurrency: policy.limits.concurrency,
    stream: request.stream,
    untilMs: startedMs + policy.limits.timeoutMs,
    tried,
  }
}

function isHearing({ endpoint }: CallerRequest): boolean {
  return endpoint === 'audio/transcriptions' || endpoint === 'audio/translations'
}

/** Of a form, by how long its sound is: an hour waits for its turn as a long prompt does. */
function tokensHeard({ headers }: Incoming, { bytes }: CallerRequest): number {
  const start = firstFileStart(bytes, headerValue(headers, 'content-type') ?? '')
  if (start === undefined) return 0
  return Math.ceil(soundSeconds(bytesSource(bytes.subarray(start))) * TOKENS_PER_AUDIO_SECOND)
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
