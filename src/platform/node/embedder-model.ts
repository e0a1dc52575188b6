/** A contextual embedder's model on disk, laid out as on the Hugging Face hub: tokenizer, config, `onnx/*.onnx`. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'

/** By what its file is called on the hub. */
export const WEIGHT_FILES = { int8: 'onnx/model_quantized.onnx', fp32: 'onnx/model.onnx' } as const
export type Dtype = keyof typeof WEIGHT_FILES

export const TOKENIZER_FILES = ['config.json', 'tokenizer.json', 'tokenizer_config.json'] as const

/** How token vectors become the text's: their mean, or the first of them. */
type Pooling = 'mean' | 'cls'

/** What is longer is cut. MiniLM was made for so much, and more takes longer than anybody waits. */
const MOST_TOKENS = 256

export interface ModelChoice {
  /** `minilm`, a hub name such as `Xenova/bge-small-en-v1.5`, or the path of a folder. */
  model: string
  /** Undefined: int8 where it is there, else fp32. */
  dtype: Dtype | undefined
  pooling: Pooling
}

export interface EmbedderModel {
  /** Names model, weights, build and preparation of the text, in letters, digits, `-`, `_` and `.`. */
  id: string
  /** Absolute path. */
  folder: string
  dtype: Dtype
  pooling: Pooling
  dimensions: number
  mostTokens: number
  /** SHA-256 over all its files, in hex. */
  digest: string
}

/** Where a model of this name lies, there or not. A path counts from the working directory. */
export function modelFolder(dataFolder: string, model: string): string {
  if (isAbsolute(model) || /^\.{1,2}(?:[/\\]|$)/.test(model)) return resolve(model)
  return resolve(dataFolder, 'models', ...model.split('/'))
}

/** The weights that would be used; undefined where the folder holds no whole model. */
export function weightsIn(folder: string, dtype: Dtype | undefined): Dtype | undefined {
  if (TOKENIZER_FILES.some((file) => !existsSync(join(folder, file)))) return undefined
  const wanted = dtype === undefined ? (['int8', 'fp32'] as const) : [dtype]
  return wanted.find((kind) => existsSync(join(folder, WEIGHT_FILES[kind])))
}

/**
 * Reads every file of it once, for the digest: 25 ms for MiniLM, in the background.
 * @throws Error with one sentence where there is no such model
 */
export async function readEmbedderModel(dataFolder: string, choice: ModelChoice): Promise<EmbedderModel> {
  const { model, pooling } = choice
  const folder = modelFolder(dataFolder, model)
  const dtype = weightsIn(folder, choice.dtype)
  if (dtype === undefined) {
    const kind = choice.dtype === undefined ? '' : ` with ${choice.dtype} weights`
    throw new Error(
      `The model ${model}${kind} is not in ${folder}: fetch it with \`trimtab models add ${model}\`.`,
    )
  }
  const digest = await digestOfModel(folder, dtype)
  const name = model.replace(/^.*[/\\]/, '').replace(/[^\w.-]/g, '_')
  return {
    id: `${name}-${dtype}-${pooling}${MOST_TOKENS}-${digest.slice(0, 16)}`,
    folder,
    dtype,
    pooling,
    dimensions: dimensionsIn(folder),
    mostTokens: MOST_TOKENS,
    digest,
  }
}

/** Of names and contents, so that a file which is exchanged makes another model. */
export async function digestOfModel(folder: string, dtype: Dtype): Promise<string> {
  const hash = createHash('sha256')
  for (const file of [...TOKENIZER_FILES, WEIGHT_FILES[dtype]]) {
    const path = join(folder, file)
    hash.update(`${file} ${statSync(path).size}\n`)
    for await (const bytes of createReadStream(path, { highWaterMark: 1 << 18 })) hash.update(bytes)
  }
  return hash.digest('hex')
}

function dimensionsIn(folder: string): number {
  const path = join(folder, 'config.json')
  const config: unknown = JSON.parse(readFileSync(path, 'utf8'))
  const size = (config as { hidden_size?: unknown } | null)?.hidden_size
  if (typeof size === 'number' && Number.isInteger(size) && size > 0) return size
  throw new Error(`${path} does not state hidden_size, which is how many numbers a vector has.`)
}
