/** The name under which a request's answer is remembered, and shared while it is under way. */
import { inputsOf } from '../cache/embedding-rows.ts'
import { type ExactKeyParts, exactKey } from '../cache/exact-key.ts'
import type { Policy } from '../policy/policy.ts'
import type { Incoming } from './journey.ts'
import { type KeySources, policyScopeOf, recordingOf } from './recording.ts'

export type Named = Pick<Incoming, 'request' | 'principal' | 'labels' | 'headers'>

/** Undefined where the body holds a number that JSON's parsers would take for another. */
export function keyOf(
  named: Named,
  sources: KeySources,
  policy: Policy,
  workflow: string,
): string | Promise<string> | undefined {
  return exactKey(keyParts(named, sources, policy, workflow), sources.sha256)
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
