/** Where the files of an embedder's model come from: a folder, an ONNX file with its tokenizer beside it, or a hub. */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, mkdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Failure } from '../../errors.ts'
import { type Dtype, TOKENIZER_FILES, WEIGHT_FILES } from './embedder-model.ts'

/** No byte for so long: nobody answers any more. */
const STALLED_MS = 30_000

/** One file of a model: where it comes from, and what it is called in the model's folder. */
export interface ModelFile {
  from: string
  name: string
}

/** @throws Failure where what is named holds no whole model */
export function localFiles(from: string, dtype: Dtype | undefined): ModelFile[] {
  if (!existsSync(from)) throw refused(`${from} is not there.`)
  const isFolder = statSync(from).isDirectory()
  const folder = isFolder ? from : dirname(from)
  const weights = isFolder ? weightsOf(from, dtype) : { from, name: WEIGHT_FILES[dtype ?? dtypeByName(from)] }
  if (weights === undefined) {
    throw refused(`${from} holds no weights: ${Object.values(WEIGHT_FILES).join(' or ')} is looked for.`)
  }
  return [...TOKENIZER_FILES.map((name) => besideOf(folder, name)), weights]
}

export function hubFiles(hub: string, repository: string, dtype: Dtype): ModelFile[] {
  return [...TOKENIZER_FILES, WEIGHT_FILES[dtype]].map((name) => ({
    from: `${hub.replace(/\/+$/, '')}/${repository}/resolve/main/${name}`,
    name,
  }))
}

export interface Copying {
  /** Told of each piece; the whole is undefined where the source does not say. */
  progress(name: string, bytes: number, wholeBytes: number | undefined): void
}

/**
 * Puts one file into the folder. Returns its SHA-256 in hex.
 * @throws Error with a reason in few words
 */
export async function fetchFile(file: ModelFile, folder: string, { progress }: Copying): Promise<string> {
  const target = join(folder, file.name)
  mkdirSync(dirname(target), { recursive: true })
  const stalled = new AbortController()
  const timer = setTimeout(
    () => stalled.abort(new Error(`no byte within ${STALLED_MS / 1000} s`)),
    STALLED_MS,
  )
  try {
    const { stream, wholeBytes, sha256 } = await opened(file.from, stalled.signal)
    const hash = createHash('sha256')
    let bytes = 0
    const note = (chunk: Uint8Array): Uint8Array => {
      timer.refresh()
      hash.update(chunk)
      bytes += chunk.byteLength
      progress(file.name, bytes, wholeBytes)
      return chunk
    }
    const noted = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) yield note(chunk)
    }
    await pipeline(stream, noted, createWriteStream(target), { signal: stalled.signal })
    const digest = hash.digest('hex')
    if (sha256 !== undefined && sha256 !== digest) {
      throw new Error(`${file.name} came with the SHA-256 ${digest}, where the hub states ${sha256}`)
    }
    if (wholeBytes !== undefined && wholeBytes !== bytes) {
      throw new Error(`${file.name} ended after ${bytes} of ${wholeBytes} bytes`)
    }
    return digest
  } catch (error) {
    throw stalled.signal.aborted ? stalled.signal.reason : new Error(causeOf(error))
  } finally {
    clearTimeout(timer)
  }
}

interface Opened {
  stream: Readable
  wholeBytes: number | undefined
  /** As the hub states it. */
  sha256: string | undefined
}

async function opened(from: string, signal: AbortSignal): Promise<Opened> {
  if (!/^https?:/.test(from)) {
    return { stream: createReadStream(from), wholeBytes: statSync(from).size, sha256: undefined }
  }
  const first = await fetch(from, { redirect: 'manual', signal })
  const next = first.headers.get('location')
  const answer = next === null ? first : await fetch(new URL(next, from), { signal })
  if (!answer.ok || answer.body === null) throw new Error(`${from} answers status ${answer.status}`)
  // The hub hands large files on to its store, and states their digest before it does.
  const stated = /^"?([0-9a-f]{64})"?$/.exec(first.headers.get('x-linked-etag') ?? '')?.[1]
  const length = answer.headers.get('content-length')
  const isCoded = answer.headers.get('content-encoding') !== null
  return {
    stream: Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]),
    wholeBytes: length === null || isCoded ? undefined : Number(length),
    sha256: stated,
  }
}

/** `fetch failed` says nothing; what failed is its cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return String(cause)
  return cause.message || ((cause as { code?: string }).code ?? cause.name)
}

function weightsOf(folder: string, dtype: Dtype | undefined): ModelFile | undefined {
  const kinds = dtype === undefined ? (['int8', 'fp32'] as const) : [dtype]
  return kinds
    .flatMap((kind) => {
      const name = WEIGHT_FILES[kind]
      return [name, basename(name)].map((place) => ({ from: join(folder, place), name }))
    })
    .find(({ from }) => existsSync(from))
}

function dtypeByName(path: string): Dtype {
  return /quant|int8/i.test(basename(path)) ? 'int8' : 'fp32'
}

/** Weights lie in `onnx/`, their tokenizer above it. */
function besideOf(folder: string, name: string): ModelFile {
  const from = [join(folder, name), join(folder, '..', name)].find((path) => existsSync(path))
  if (from === undefined) {
    throw refused(`${name} is not in ${folder}: a model is ${TOKENIZER_FILES.join(', ')} and its weights.`)
  }
  return { from, name }
}

function refused(message: string): Failure {
  return new Failure('invalid_request', message)
}
