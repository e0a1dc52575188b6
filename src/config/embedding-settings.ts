/** `embedding`: who turns questions into vectors, as it is written and as it is meant. */
import type { z } from 'zod'
import type { RemoteEmbedderSettings } from '../embedding/remote-embedder.ts'
import { parseBaseUrl } from '../providers/base-url.ts'
import { Secret } from '../providers/secret.ts'
import { choice, closed, duration, numeric, secret, text, wholeNumber } from '../setting-values.ts'

/** Keys that each kind knows besides `use`. */
const LOCAL_KEYS = ['model', 'dtype', 'pooling', 'threads', 'timeout'] as const
const REMOTE_KEYS = ['model', 'dialect', 'base_url', 'api_key', 'dimensions', 'timeout'] as const
const KEYS = {
  auto: LOCAL_KEYS,
  static: [],
  encoder: [],
  transformers: LOCAL_KEYS,
  remote: REMOTE_KEYS,
} as const satisfies Record<string, readonly string[]>

/** Waited for while a caller waits for an answer: beyond it, asking the model is the better use of the time. */
const LOCAL_TIMEOUT_MS = 250
const REMOTE_TIMEOUT_MS = 1000
const DEFAULT_MODEL = 'minilm'

export const embeddingSchema = closed({
  use: choice(['auto', 'static', 'encoder', 'transformers', 'remote']).optional(),
  model: text().optional(),
  dtype: choice(['int8', 'fp32']).optional(),
  pooling: choice(['mean', 'cls']).optional(),
  threads: numeric(wholeNumber(1, 64)).optional(),
  timeout: duration({ text: '1m', ms: 60_000 }).optional(),
  dialect: choice(['openai', 'tei']).optional(),
  base_url: text().optional(),
  api_key: secret.optional(),
  dimensions: numeric(wholeNumber(1, 65_536)).optional(),
})

interface LocalEmbedding {
  /** `minilm`, a hub name, or the path of a folder. */
  model: string
  /** Undefined: int8 where it is there, else fp32. */
  dtype: 'int8' | 'fp32' | undefined
  pooling: 'mean' | 'cls'
  threads: number
  timeoutMs: number
}

export type EmbeddingSettings =
  /** `local` where its model is on disk, else the small encoder that ships. */
  | { use: 'auto'; local: LocalEmbedding }
  | { use: 'static' }
  /** The small encoder that ships. */
  | { use: 'encoder' }
  | { use: 'transformers'; local: LocalEmbedding }
  | { use: 'remote'; remote: RemoteEmbedderSettings }

interface Surroundings {
  /** Of the file that names a model's folder; empty where it is named elsewhere. */
  folder: string
  /** False where the platform starts no processes. */
  startsProcesses: boolean
  /** `message` follows the key's name in a sentence: `must be …`. */
  refuse(path: readonly string[], message: string): void
}

export function embeddingSettings(
  content: z.output<typeof embeddingSchema>,
  around: Surroundings,
): EmbeddingSettings {
  const use = content.use ?? 'auto'
  refuseStrangers(use, content, around)
  switch (use) {
    case 'static':
    case 'encoder':
      return { use }
    case 'auto':
      return { use, local: localEmbedding(content, around) }
    case 'transformers':
      if (!around.startsProcesses) {
        around.refuse(
          ['embedding', 'use'],
          'must not be `transformers` on this platform, where trimtab starts no processes: use `static` or `remote`',
        )
      }
      return { use, local: localEmbedding(content, around) }
    case 'remote':
      return { use, remote: remoteEmbedding(content, around) }
    default:
      return use satisfies never
  }
}

/** A key of another kind would be read over in silence. */
function refuseStrangers(
  use: keyof typeof KEYS,
  content: z.output<typeof embeddingSchema>,
  { refuse }: Surroundings,
): void {
  const known: readonly string[] = ['use', ...KEYS[use]]
  for (const [key, value] of Object.entries(content)) {
    if (value === undefined || known.includes(key)) continue
    const others = Object.entries(KEYS).flatMap(([name, keys]) =>
      (keys as readonly string[]).includes(key) ? [`\`${name}\``] : [],
    )
    refuse(
      ['embedding', key],
      `must not stand where embedding.use is \`${use}\`: it is about ${listed(others)}`,
    )
  }
}

function localEmbedding(content: z.output<typeof embeddingSchema>, { folder }: Surroundings): LocalEmbedding {
  const { model = DEFAULT_MODEL } = content
  return {
    model: /^\.{1,2}[/\\]/.test(model) ? folder + model : model,
    dtype: content.dtype,
    pooling: content.pooling ?? 'mean',
    threads: content.threads ?? 1,
    timeoutMs: content.timeout ?? LOCAL_TIMEOUT_MS,
  }
}

function remoteEmbedding(
  content: z.output<typeof embeddingSchema>,
  { refuse }: Surroundings,
): RemoteEmbedderSettings {
  const dialect = content.dialect ?? 'openai'
  const missing = (key: string, why: string): void => refuse(['embedding'], `needs \`${key}\`: ${why}`)
  const address = content.base_url === undefined ? undefined : parseBaseUrl(content.base_url)
  if (address === undefined) missing('base_url', 'state where the server answers, like https://host/v1')
  if (typeof address === 'string') refuse(['embedding', 'base_url'], `must be ${address}`)
  if (content.model === undefined && dialect === 'openai') missing('model', 'the server asks which is meant')
  if (content.dimensions === undefined) {
    missing('dimensions', 'state how many numbers a vector of the model has, such as 1536')
  }
  return {
    dialect,
    baseUrl: typeof address === 'object' ? address : { origin: '', path: '' },
    model: content.model ?? '',
    apiKey: content.api_key === undefined ? undefined : new Secret(content.api_key),
    dimensions: content.dimensions ?? 0,
    timeoutMs: content.timeout ?? REMOTE_TIMEOUT_MS,
  }
}

function listed(names: readonly string[]): string {
  return names.join(', ').replace(/, ([^,]*)$/, ' and $1')
}
