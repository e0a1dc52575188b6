/** Reads a request's body within a bound, and undoes its content coding within the same bound. */
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { Failure } from '../../errors.ts'

/** @throws Failure `request_too_large`, `unsupported_encoding`, `invalid_request`, `caller_left` */
export async function readRequestBody(incoming: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  if (Number(incoming.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes)
  const bytes = await collect(incoming, limitBytes)
  const coding = incoming.headers['content-encoding']
  return coding === undefined || coding === 'identity' ? bytes : decode(bytes, coding, limitBytes)
}

function collect(incoming: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.byteLength
      if (length > limitBytes) {
        incoming.removeAllListeners('data')
        incoming.resume()
        reject(tooLarge(limitBytes))
      } else chunks.push(chunk)
    })
    incoming.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)))
    incoming.on('error', (cause) => reject(left(cause)))
    incoming.on('close', () => {
      if (!incoming.readableEnded) reject(left())
    })
  })
}

type Decode = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>

const DECODERS: Readonly<Record<string, Decode | undefined>> = {
  gzip: promisify(zlib.gunzip) as Decode,
  'x-gzip': promisify(zlib.gunzip) as Decode,
  deflate: promisify(zlib.inflate) as Decode,
  br: promisify(zlib.brotliDecompress) as Decode,
  // Node has zstd since 22.15.
  zstd: 'zstdDecompress' in zlib ? (promisify(zlib.zstdDecompress as never) as Decode) : undefined,
}

async function decode(bytes: Uint8Array, coding: string, limitBytes: number): Promise<Uint8Array> {
  const decoder = DECODERS[coding.trim().toLowerCase()]
  if (!decoder) {
    const known = Object.keys(DECODERS).filter((name) => DECODERS[name] !== undefined)
    throw new Failure(
      'unsupported_encoding',
      `The body's content coding is not one of ${known.join(', ')}: send it plain or in one of these.`,
    )
  }
  try {
    return await decoder(bytes, { maxOutputLength: limitBytes })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limitBytes)
    throw new Failure(
      'invalid_request',
      `The body is not valid ${coding}: send what its Content-Encoding says.`,
      {
        cause,
      },
    )
  }
}

function tooLarge(limitBytes: number): Failure {
  const limit = `${Math.floor(limitBytes / 1e6)} MB`
  return new Failure(
    'request_too_large',
    `The body is larger than ${limit}: shorten it, or raise listen.max_body.`,
  )
}

function left(cause?: unknown): Failure {
  return new Failure('caller_left', 'The caller left before its request was whole.', { cause })
}
