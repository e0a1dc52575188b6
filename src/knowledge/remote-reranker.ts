/** Scores from a server: Text Embeddings Inference's `/rerank`, or `/rerank` as Cohere, Jina, vLLM and trimtab itself speak it. */
import { askForJson } from '../embedding/ask-for-json.ts'
import { isObject } from '../openai/is-object.ts'
import type { BaseUrl } from '../providers/base-url.ts'
import type { Secret } from '../providers/secret.ts'
import type { Transport } from '../providers/transport.ts'
import type { Reranker } from './reranker.ts'

export interface RerankerSettings {
  /** `tei`: the address is the one above `/rerank`. `openai`: likewise, mostly ending in `/v1`. */
  dialect: 'tei' | 'openai'
  baseUrl: BaseUrl
  /** TEI serves one, and is not told. */
  model: string
  apiKey: Secret | undefined
  /** Beyond it the order of the search holds. */
  timeoutMs: number
}

const MOST_ANSWER_BYTES = 1024 * 1024

export class RemoteReranker implements Reranker {
  readonly #settings: RerankerSettings
  readonly #network: Transport

  constructor(settings: RerankerSettings, network: Transport) {
    this.#settings = settings
    this.#network = network
  }

  async scores(question: string, texts: readonly string[]): Promise<readonly number[]> {
    const { dialect, baseUrl, model, apiKey, timeoutMs } = this.#settings
    const credentials = apiKey === undefined ? [] : ['authorization', `Bearer ${apiKey.reveal()}`]
    const answer = await askForJson(this.#network, {
      origin: baseUrl.origin,
      path: `${baseUrl.path}/rerank`,
      headers: ['content-type', 'application/json', ...credentials],
      body:
        dialect === 'tei'
          ? { query: question, texts, truncate: true }
          : { model, query: question, documents: texts },
      mostBytes: MOST_ANSWER_BYTES,
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (answer.kind === 'fault') throw new Error(answer.reason)
    return inOrder(answer.value, texts.length)
  }
}

/** Told best first, each with its place in what was asked. */
function inOrder(value: unknown, count: number): readonly number[] {
  const ranks: unknown = Array.isArray(value) ? value : (value as { results?: unknown } | null)?.results
  const scores = new Map<number, number>()
  for (const rank of Array.isArray(ranks) ? ranks : []) {
    const score = isObject(rank) ? (rank.score ?? rank.relevance_score) : undefined
    if (
      isObject(rank) &&
      typeof rank.index === 'number' &&
      typeof score === 'number' &&
      Number.isFinite(score)
    )
      scores.set(rank.index, score)
  }
  const ordered = Array.from({ length: count }, (_, index) => scores.get(index))
  if (ordered.includes(undefined)) throw new Error(`it did not tell a score for each of ${count} passages`)
  return ordered as number[]
}
