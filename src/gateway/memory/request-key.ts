/** The name under which a request's answer is remembered, and shared while it is under way. */
import { inputsOf } from '../../cache/embedding-rows.ts'
import { type ExactKeyParts, exactKey } from '../../cache/exact-key.ts'
import { mediaBody } from '../../cache/media.ts'
import type { PassedRequest } from '../../openai/passed-request.ts'
import type { Policy } from '../../policy/policy.ts'
import { headerValue } from '../../providers/transport.ts'
import type { Incoming } from '../journey.ts'
import { type KeySources, policyScopeOf, recordingOf } from './recording.ts'

export type Named = Pick<Incoming, 'request' | 'principal' | 'labels' | 'headers'>

/** Undefined where the body holds a number that JSON's parsers would take for another, or is no whole form. */
export function keyOf(
  named: Named,
  sources: KeySources,
  policy: Policy,
  workflow: string,
): string | Promise<string | undefined> | undefined {
  const parts = keyParts(named, sources, policy, workflow)
  const { request } = named
  return request.passed === undefined
    ? exactKey(parts, sources.sha256)
    : mediaKey({ ...named, request }, parts, sources)
}

async function mediaKey(
  { request, headers }: Named & { request: PassedRequest },
  parts: ExactKeyParts,
  { sha256 }: KeySources,
): Promise<string | undefined> {
  const body = await mediaBody(request, headerValue(headers, 'content-type'), bytesDigest)
  return body && exactKey({ ...parts, body }, sha256)
}

/** Beside the thread that serves: hashing ten megabytes takes it as long as a hundred requests. */
async function bytesDigest(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function keyParts(
  named: Named,
  { registry }: KeySources,
  policy: Policy,
  workflow: string,
): ExactKeyParts {
  const { request, principal, headers } = named
  return {
    tenant: principal.tenant,
    endpoint: recordingOf(request),
    workflow,
    policyScope: policyScopeOf(policy, named),
    catalogScope: registry().revision,
    headers,
    body: request.endpoint === 'embeddings' ? withOneInput(request.body) : request.body,
  }
}

/** A list of one input asks what the input by itself does. */
function withOneInput(body: ExactKeyParts['body']): ExactKeyParts['body'] {
  const inputs = inputsOf(body)
  return inputs?.length === 1 ? { ...body, input: inputs[0] } : body
}
