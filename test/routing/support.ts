/** Shared by the tests of this room. */
import { parseModelRequest } from '../../src/openai/parse-model-request.ts'
import { type FactSources, Facts } from '../../src/routing/facts.ts'

export function factsOf(body: Record<string, unknown>, sources: Partial<FactSources> = {}): Facts {
  return new Facts({
    request: parseModelRequest('chat/completions', new TextEncoder().encode(JSON.stringify(body))),
    keyName: undefined,
    tags: {},
    bytesPerToken: 4,
    hourIn: () => 12,
    ...sources,
  })
}

export const HELLO = { model: 'gpt-5.5', messages: [{ role: 'user', content: 'hello' }] }
