/** `knowledge`: how documents are searched, as it is written and as it is meant. */
import type { z } from 'zod'
import type { RerankerSettings } from '../knowledge/remote-reranker.ts'
import { parseBaseUrl } from '../providers/base-url.ts'
import { Secret } from '../providers/secret.ts'
import { choice, closed, duration, secret, text } from '../setting-values.ts'

/** A caller waits for it: beyond it the search's own order is good enough. */
const TIMEOUT_MS = 500

export const knowledgeSchema = closed({
  rerank: closed({
    dialect: choice(['tei', 'openai']).optional(),
    base_url: text().optional(),
    model: text().optional(),
    api_key: secret.optional(),
    timeout: duration({ text: '1m', ms: 60_000 }).optional(),
  }).optional(),
})

/** Undefined where nobody orders passages anew. */
export function rerankerSettings(
  { rerank }: z.output<typeof knowledgeSchema>,
  refuse: (path: readonly string[], message: string) => void,
): RerankerSettings | undefined {
  if (rerank === undefined) return undefined
  const path = ['knowledge', 'rerank']
  const { dialect = 'tei' } = rerank
  const address = parseBaseUrl(rerank.base_url ?? '')
  if (rerank.base_url === undefined)
    refuse(path, 'needs `base_url`: state where the server answers, like http://host:8080')
  else if (typeof address === 'string') refuse([...path, 'base_url'], `must be ${address}`)
  if (dialect === 'openai' && rerank.model === undefined)
    refuse(path, 'needs `model`: the server asks which is meant')
  return {
    dialect,
    baseUrl: typeof address === 'string' ? { origin: '', path: '' } : address,
    model: rerank.model ?? '',
    apiKey: rerank.api_key === undefined ? undefined : new Secret(rerank.api_key),
    timeoutMs: rerank.timeout ?? TIMEOUT_MS,
  }
}
