/** Whether an identical request may get a remembered answer, or share one that is on its way. */
import type { CallerRequest } from '../openai/passed-request.ts'
import { isAnswerStored } from '../openai/stored-answer.ts'
import type { CacheDirectives } from './cache-control.ts'
import type { ExactPolicy } from './exact-policy.ts'
import { isDeterministicMedia, isMedia, MOST_MEDIA_BYTES } from './media.ts'

export type Cacheable =
  /** `read`: may be answered from memory. `write`: the answer may be remembered. */
  | {
      kind: 'yes'
      read: boolean
      write: boolean
      shadow: boolean
      /** Only because of its temperature: an answer that was asked for without it may be another the next time. */
      byTemperature: boolean
    }
  | { kind: 'no'; reason: string }

/** Larger requests are not hashed: they hold media, and seldom repeat. */
const MAX_REQUEST_BYTES = 4 * 1024 * 1024

export function cacheable(
  request: CallerRequest,
  policy: ExactPolicy,
  directives: CacheDirectives,
): Cacheable {
  const reason = whyNot(request, policy, directives)
  if (reason !== undefined) return { kind: 'no', reason }
  return {
    kind: 'yes',
    read: !directives.noCache,
    write: true,
    shadow: policy.mode === 'shadow',
    byTemperature: policy.mode !== 'on' && request.endpoint !== 'embeddings',
  }
}

function whyNot(
  request: CallerRequest,
  { mode }: ExactPolicy,
  directives: CacheDirectives,
): string | undefined {
  if (mode === 'off' && (request.passed === undefined || isMedia(request))) return 'off'
  const never = whyNever(request, directives)
  if (never !== undefined || mode === 'on' || request.endpoint === 'embeddings') return never
  if (request.passed !== undefined) return isDeterministicMedia(request) ? undefined : 'not-deterministic'
  return request.body.temperature === 0 ? undefined : 'not-deterministic'
}

/** Why no memory may hold the answer, whatever the policy says. */
export function whyNever(request: CallerRequest, directives: CacheDirectives): string | undefined {
  const { endpoint, body, bytes } = request
  if (request.passed !== undefined && !isMedia(request)) return 'passed-through'
  if (directives.noStore) return 'no-store'
  if (request.passed !== undefined) return bytes.byteLength > MOST_MEDIA_BYTES ? 'too-large' : undefined
  if (bytes.byteLength > MAX_REQUEST_BYTES) return 'too-large'
  // The provider keeps these, or goes on with them: a repeat is more than its answer.
  if (body.background === true || isAnswerStored({ endpoint, body })) return 'stored'
  if (typeof body.previous_response_id === 'string' || isPresent(body.conversation)) return 'continued'
  return undefined
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null
}
