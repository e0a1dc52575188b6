/** What the dialects of tensors and the endpoints that they serve know: sources, outputs, methods, and usual bounds. */
import {
  type BatchLimits,
  isGenerated,
  type ServedEndpoint,
  type TensorDialectName,
} from '../providers/tensors/served-model.ts'

/** What of a request each endpoint has to give; of a custom one, any member. */
export const SOURCES: Readonly<Partial<Record<ServedEndpoint, readonly string[]>>> = {
  embeddings: ['text', 'image'],
  moderations: ['text', 'image'],
  rerank: ['query', 'document'],
  'audio/transcriptions': ['file', 'samples', 'language', 'prompt', 'temperature'],
  'audio/translations': ['file', 'samples', 'language', 'prompt', 'temperature'],
}

/** What of an answer each endpoint tells; the first has to be there. */
export const ROLES: Readonly<Partial<Record<ServedEndpoint, readonly [string, ...string[]]>>> = {
  embeddings: ['embedding', 'tokens'],
  moderations: ['scores', 'labels', 'tokens'],
  rerank: ['score', 'tokens'],
  'audio/transcriptions': ['text', 'language'],
  'audio/translations': ['text', 'language'],
  'chat/completions': ['text'],
  completions: ['text'],
}

export const SERVED_BY: Readonly<Record<TensorDialectName, (serves: ServedEndpoint) => boolean>> = {
  kserve: () => true,
  'tensorflow-serving': (serves) => !isGenerated(serves),
  tei: (serves) => serves === 'embeddings' || serves === 'rerank' || serves === 'moderations',
  vertex: (serves) => !isGenerated(serves),
}

export const METHODS: Readonly<Record<TensorDialectName, readonly string[]>> = {
  kserve: [],
  'tensorflow-serving': ['predict', 'classify', 'regress'],
  tei: [],
  vertex: ['predict', 'raw_predict'],
}

/** TEI refuses more in a call unless it is started otherwise. */
export const TEI_ROWS = 32
export const AUDIO_RATE = 16_000

/**
 * What joining is bound by where `batch` says nothing else: a row of audio is work for long, an image for less, a text for a
 * moment.
 */
export const TEXT_BATCH: BatchLimits = { maxRows: 32, maxBytes: 1024 * 1024, maxDelayMs: 5 }
export const IMAGE_BATCH: BatchLimits = { maxRows: 8, maxBytes: 8 * 1024 * 1024, maxDelayMs: 10 }
export const AUDIO_BATCH: BatchLimits = { maxRows: 4, maxBytes: 16 * 1024 * 1024, maxDelayMs: 20 }
