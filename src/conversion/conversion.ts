/** How a target is asked that does not know the caller's endpoint: in the words of one that it knows, and back. */
import type { ModelEndpoint, ModelRequest } from '../openai/model-request.ts'
import type { Converted } from './converted.ts'
import type { StreamConversion } from './frame.ts'

export interface Conversion extends Converted {
  /** What the provider is asked. */
  endpoint: ModelEndpoint
  /** Of a whole answer, parsed. */
  answer(answer: Readonly<Record<string, unknown>>): Record<string, unknown>
  /** Of one stream. */
  stream(): StreamConversion
}

/**
 * Undefined where no way leads from the request to any of `endpoints`.
 * @throws Failure `invalid_request` for what the other API cannot say
 */
export function convert(
  _request: ModelRequest,
  _endpoints: ReadonlySet<ModelEndpoint>,
): Conversion | undefined {
  return undefined
}
