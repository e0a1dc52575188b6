/** Where a policy's stop sequences go into a request, if the caller states none and the target takes any. */
import { parameterRules } from '../conversion/model-parameters.ts'
import type { ModelEndpoint } from '../openai/model-request.ts'
import type { Provider } from '../providers/provider.ts'

export interface StopEdit {
  member: 'stop' | 'stop_sequences'
  sequences: readonly string[]
}

/** @param body as it is sent to `endpoint` */
export function stopEdit(
  body: Readonly<Record<string, unknown>>,
  endpoint: ModelEndpoint,
  sequences: readonly string[],
  { provider, model }: { provider: Provider; model: string },
): StopEdit | undefined {
  if (endpoint === 'embeddings' || endpoint === 'responses') return undefined
  const member = endpoint === 'messages' ? 'stop_sequences' : 'stop'
  const stated = body[member]
  if (typeof stated === 'string' || (Array.isArray(stated) && stated.length > 0)) return undefined
  const rule = parameterRules(provider.vendor, endpoint, model).find(({ name }) => name === member)
  if (rule !== undefined && !rule.takes(sequences, body)) return undefined
  return { member, sequences }
}
