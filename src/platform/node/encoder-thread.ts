/** The thread that computes the small encoder's vectors: milliseconds a text, which must not keep requests waiting. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { encoderArithmetic } from '../../embedding/encoder-arithmetic.ts'
import { SmallEncoder } from '../../embedding/small-encoder.ts'
import { readEncoderModel } from '../../embedding/small-encoder-model.ts'
import type {
  EncoderThreadSettings,
  MessageFromEncoder,
  MessageToEncoder,
} from './encoder-thread-messages.ts'
import { yieldToRequests } from './yield-to-requests.ts'

const port = parentPort
if (port === null) throw new Error('encoder-thread runs only as a worker thread.')
const say = (message: MessageFromEncoder, moved: ArrayBuffer[] = []): void => port.postMessage(message, moved)

try {
  const encoder = await load((workerData as EncoderThreadSettings).path)
  yieldToRequests()
  port.on('message', ({ id, texts }: MessageToEncoder) => {
    const vectors = new Float32Array(texts.length * encoder.dimensions)
    for (const [at, text] of texts.entries()) vectors.set(encoder.embed(text), at * encoder.dimensions)
    say({ kind: 'vectors', id, vectors }, [vectors.buffer])
  })
  say({ kind: 'ready', embedder: encoder.id, dimensions: encoder.dimensions })
} catch (error) {
  say({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) })
}

async function load(path: string): Promise<SmallEncoder> {
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  const model = await readEncoderModel(new Uint8Array(readFileSync(path)), sha256, path)
  return new SmallEncoder(model, await encoderArithmetic())
}
