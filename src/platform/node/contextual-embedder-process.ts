/**
 * The process that computes contextual vectors: @xenova/transformers' tokenizer and the ONNX runtime it brings. A native
 * abort ends this process and not the gateway. It ends when its channel closes, however trimtab ended.
 */
import { createRequire } from 'node:module'
import { basename, dirname, join, sep } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type {
  ContextualProcessSettings,
  MessageFromContextual,
  MessageToContextual,
} from './contextual-messages.ts'
import { digestOfModel, type EmbedderModel, WEIGHT_FILES } from './embedder-model.ts'

const PACKAGE = '@xenova/transformers'

/** As much of the runtime's interface as is used: its own types come with another package. */
interface Runtime {
  InferenceSession: { create(path: string, options: Record<string, unknown>): Promise<Session> }
  Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => unknown
}
interface Session {
  inputNames: readonly string[]
  outputNames: readonly string[]
  run(
    feeds: Record<string, unknown>,
  ): Promise<Record<string, { data: Float32Array; dims: readonly number[] }>>
}

type Tokenize = (text: string) => readonly number[]

// Before anything is loaded: the channel may close meanwhile.
process.on('disconnect', () => process.exit(0))
await start(JSON.parse(process.argv[2] ?? '{}') as ContextualProcessSettings).catch((error: unknown) => {
  say({ kind: 'unusable', reason: reasonOf(error) })
  process.disconnect()
})

async function start({ model, threads }: ContextualProcessSettings): Promise<void> {
  if ((await digestOfModel(model.folder, model.dtype)) !== model.digest) {
    throw new Error(`the files in ${model.folder} have changed since trimtab started: restart it`)
  }
  const tokenize = await loadTokenizer(model)
  const runtime = runtimeOf()
  // Options are obeyed only beside a path: beside bytes, version 1.14 ignores them and takes every core.
  const session = await runtime.InferenceSession.create(join(model.folder, WEIGHT_FILES[model.dtype]), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  })
  const embed = (text: string): Promise<Float32Array> => embedOne(text, { model, tokenize, runtime, session })
  // The first run allocates, and shows whether the model can be run at all.
  await embed('ready')
  process.on('message', (message: MessageToContextual) => void answer(message, model.dimensions, embed))
  say({ kind: 'ready' })
}

/** One text after the other: so a vector never depends on what else waits, and padding costs nothing. */
async function answer(
  { texts }: MessageToContextual,
  dimensions: number,
  embed: (text: string) => Promise<Float32Array>,
): Promise<void> {
  try {
    const vectors = new Float32Array(texts.length * dimensions)
    for (const [index, text] of texts.entries()) {
      vectors.set(await embed(text), index * dimensions)
      // The end of trimtab is heard of between two texts, not after the last.
      await nextTurn()
    }
    say({ kind: 'vectors', vectors })
  } catch (error) {
    say({ kind: 'failed', reason: reasonOf(error) })
  }
}

interface Loaded {
  model: EmbedderModel
  tokenize: Tokenize
  runtime: Runtime
  session: Session
}

async function embedOne(text: string, { model, tokenize, runtime, session }: Loaded): Promise<Float32Array> {
  const tokens = tokenize(text)
  const tensorOf = (number: (index: number) => number): unknown => {
    const data = BigInt64Array.from({ length: tokens.length }, (_, index) => BigInt(number(index)))
    return new runtime.Tensor('int64', data, [1, tokens.length])
  }
  const feeds: Record<string, unknown> = {
    input_ids: tensorOf((index) => tokens[index] ?? 0),
    attention_mask: tensorOf(() => 1),
  }
  if (session.inputNames.includes('token_type_ids')) feeds.token_type_ids = tensorOf(() => 0)
  const answered = await session.run(feeds)
  const hidden = answered.last_hidden_state ?? answered[session.outputNames[0] ?? '']
  if (hidden === undefined || hidden.data.length !== tokens.length * model.dimensions) {
    throw new Error(
      `the model answers [${hidden?.dims.join(', ')}] to ${tokens.length} tokens, which is no vector a token`,
    )
  }
  return unitLength(pooled(hidden.data, model))
}

function pooled(hidden: Float32Array, { pooling, dimensions }: EmbedderModel): Float64Array {
  const sum = new Float64Array(dimensions)
  const end = pooling === 'cls' ? dimensions : hidden.length
  for (let index = 0; index < end; index++) {
    const place = index % dimensions
    sum[place] = (sum[place] ?? 0) + (hidden[index] ?? 0)
  }
  return sum
}

function unitLength(vector: Float64Array): Float32Array {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  if (!Number.isFinite(norm)) throw new Error('the model answers what is no number')
  return Float32Array.from(vector, (value) => (norm === 0 ? 0 : value / norm))
}

/** Nothing is fetched: what is not on disk is an error. */
async function loadTokenizer({ folder, mostTokens }: EmbedderModel): Promise<Tokenize> {
  const { AutoTokenizer, env } = await import('@xenova/transformers')
  env.allowRemoteModels = false
  env.useFSCache = false
  env.localModelPath = dirname(folder) + sep
  const tokenizer = await AutoTokenizer.from_pretrained(basename(folder), { local_files_only: true })
  const bare = isWithoutAccents(tokenizer.normalizer?.config) ? withoutMarks : (text: string) => text
  return (text) => {
    const tokens: readonly number[] = tokenizer(bare(text), { return_tensor: false }).input_ids
    // The package's own truncation cuts off the token that ends a text.
    return tokens.length <= mostTokens ? tokens : [...tokens.slice(0, mostTokens - 1), ...tokens.slice(-1)]
  }
}

/** BERT's: stated, or implied by lower case. */
function isWithoutAccents(
  normalizer: { type?: string; strip_accents?: boolean | null; lowercase?: boolean } | undefined,
) {
  return normalizer?.type === 'BertNormalizer' && (normalizer.strip_accents ?? normalizer.lowercase ?? false)
}

/** Every script's marks, as the reference does; the package's tokenizer knows the Latin ones alone. */
function withoutMarks(text: string): string {
  return text.normalize('NFD').replace(/\p{Mn}/gu, '')
}

/** The one that the package brings: a second of them cannot be loaded beside it. */
function runtimeOf(): Runtime {
  return createRequire(import.meta.resolve(PACKAGE))('onnxruntime-node')
}

function say(message: MessageFromContextual): void {
  process.send?.(message)
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return `the package ${PACKAGE} is not installed: npm install ${PACKAGE}`
  }
  const [line = ''] = (message ?? String(error)).split('\n')
  return line.slice(0, 300)
}
