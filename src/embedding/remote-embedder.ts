/** Vectors from a server: any that speaks OpenAI's `/embeddings`, or Text Embeddings Inference's own `/embed`. */
import { type BaseUrl, formatBaseUrl } from '../providers/base-url.ts'
import type { Secret } from '../providers/secret.ts'
import type { Transport } from '../providers/transport.ts'
import { askForJson } from './ask-for-json.ts'
import { type Embedder, EmbedderUnavailable } from './embedder.ts'

export interface RemoteEmbedderSettings {
  /** `openai`: the address is the one above `/embeddings`, mostly ending in `/v1`. `tei`: above `/embed`. */
  dialect: 'openai' | 'tei'
  baseUrl: BaseUrl
  /** TEI serves one, and is not told. */
  model: string
  apiKey: Secret | undefined
  dimensions: number
  /** From the call to its last vector. */
  timeoutMs: number
}

/** TEI refuses more in a request (`--max-client-batch-size`); OpenAI takes 2048. */
const MOST_INPUTS = { openai: 256, tei: 32 } as const
/** A number takes at most 25 characters as JSON. */
const NUMBER_BYTES = 32
const MARGIN_BYTES = 64 * 1024

export class RemoteEmbedder implements Embedder {
  readonly id: string
  readonly dimensions: number
  readonly #settings: RemoteEmbedderSettings
  readonly #network: Transport

  constructor(settings: RemoteEmbedderSettings, network: Transport) {
    const { dialect, baseUrl, model, dimensions } = settings
    // The server is part of it: another may have another build under the same name.
    this.id = `${dialect}:${formatBaseUrl(baseUrl)}:${model}:${dimensions}`
    this.dimensions = dimensions
    this.#settings = settings
    this.#network = network
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]> {
    signal?.throwIfAborted()
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(), this.#settings.timeoutMs)
    const either = signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal])
    try {
      const vectors: Float32Array[] = []
      for (let start = 0; start < texts.length; start += MOST_INPUTS[this.#settings.dialect]) {
        const part = texts.slice(start, start + MOST_INPUTS[this.#settings.dialect])
        vectors.push(...(await this.#ask(part, either)))
      }
      return vectors
    } catch (error) {
      signal?.throwIfAborted()
      if (deadline.signal.aborted) throw this.#unavailable(`no answer within ${this.#settings.timeoutMs} ms`)
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  async #ask(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    const { dialect, baseUrl, apiKey } = this.#settings
    const credentials = apiKey === undefined ? [] : ['authorization', `Bearer ${apiKey.reveal()}`]
    const answer = await askForJson(this.#network, {
      origin: baseUrl.origin,
      path: baseUrl.path + (dialect === 'openai' ? '/embeddings' : '/embed'),
      headers: ['content-type', 'application/json', ...credentials],
      body: dialect === 'openai' ? this.#openaiBody(texts) : { inputs: texts, truncate: true },
      mostBytes: texts.length * this.dimensions * NUMBER_BYTES + MARGIN_BYTES,
      signal,
    })
    if (answer.kind === 'fault') throw this.#unavailable(answer.reason)
    const rows = dialect === 'openai' ? openaiRows(answer.value, texts.length) : answer.value
    if (!Array.isArray(rows) || rows.length !== texts.length) {
      throw this.#unavailable(`it did not answer one vector for each of ${texts.length} texts`)
    }
    return rows.map((row) => this.#vector(row))
  }

  #openaiBody(texts: readonly string[]): Record<string, unknown> {
    const { model, dimensions } = this.#settings
    const body = { model, input: texts, encoding_format: 'base64' }
    // Only these can be asked for fewer; other servers refuse the question.
    return /(?:^|\/)text-embedding-3-/.test(model) ? { ...body, dimensions } : body
  }

  /** Of unit length, whatever the server's were. */
  #vector(row: unknown): Float32Array {
    const vector = typeof row === 'string' ? fromBase64(row) : fromNumbers(row)
    if (vector === undefined) throw this.#unavailable('it answered what is no vector')
    if (vector.length !== this.dimensions) {
      throw this.#unavailable(
        `its vectors have ${vector.length} dimensions, and ${this.dimensions} are configured`,
      )
    }
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
    if (!Number.isFinite(norm)) throw this.#unavailable('it answered what is no number')
    return norm === 0 ? vector : vector.map((value) => value / norm)
  }

  #unavailable(reason: string): EmbedderUnavailable {
    return new EmbedderUnavailable(
      `The embedder at ${formatBaseUrl(this.#settings.baseUrl)} gives no vectors just now: ${reason}.`,
    )
  }
}

/** In the order of their `index`, which servers need not keep. */
function openaiRows(value: unknown, count: number): readonly unknown[] | undefined {
  const data = (value as { data?: unknown } | null)?.data
  if (!Array.isArray(data)) return undefined
  const rows = new Map<unknown, unknown>(data.map((row) => [row?.index, row?.embedding]))
  return rows.size === count ? Array.from({ length: count }, (_, index) => rows.get(index)) : undefined
}

/** Little-endian floats of four bytes. */
function fromBase64(text: string): Float32Array | undefined {
  let binary: string
  try {
    binary = atob(text)
  } catch {
    return undefined
  }
  if (binary.length % 4 !== 0) return undefined
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
  const view = new DataView(bytes.buffer)
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true))
}

function fromNumbers(row: unknown): Float32Array | undefined {
  if (!Array.isArray(row) || !row.every((value) => typeof value === 'number')) return undefined
  return Float32Array.from(row)
}
