/** Whose API a caller speaks, where a path is of both: Anthropic's SDKs name a version with each request, and OpenAI's never do. */
import type { CallersApi } from '../openai/passed-route.ts'

export function callersApi(header: (name: string) => string | undefined): CallersApi {
  return header('anthropic-version') === undefined ? 'openai' : 'anthropic'
}
