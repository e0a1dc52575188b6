/** Headers that OpenAI sends with every answer. */
import type { SeenRequest } from './seen-request.ts'

export function commonHeaders(seen: SeenRequest) {
  return {
    'x-request-id': `req_mock${seen.number}`,
    'openai-organization': 'org-mock',
    'openai-processing-ms': '12',
    'openai-version': '2020-10-01',
    'x-ratelimit-limit-requests': '10000',
    'x-ratelimit-remaining-requests': '9999',
    'set-cookie': '__mock=secret; path=/; HttpOnly',
  }
}
