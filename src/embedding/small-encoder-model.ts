/**
 * The file of the small encoder, `models/encoder/encoder.bin`, which `training/encoder/finish.py` writes. Little-endian:
 *
 *   0  4 bytes  `TTEN`
 *   4  uint32   bytes of the header
 *   8           JSON: `shape`, `digest` (hex SHA-256 of the body), and `tensors` by name: offset in the body, kind, shape
 *      zeros up to a multiple of 16, then the body. The tensor `vocabulary` is UTF-8, one token a line in the order of ids.
 */
import { type BytesDigest, UnreadableModel } from './static-model.ts'

const MAGIC = 'TTEN'
const ALIGNED = 16

interface EncoderShape {
  /** Columns of the token table. */
  embedding: number
  /** Of a number of the token table: 8, or 4 (two columns a byte). */
  bits: number
  width: number
  layers: number
  /** Neurons between the two halves of a layer. */
  inner: number
  heads: number
}

interface Place {
  offset: number
  kind: 'int8' | 'uint8' | 'float32'
  shape: readonly number[]
}

interface Header {
  shape: EncoderShape
  digest: string
  tensors: Readonly<Record<string, Place>>
}

export interface EncoderModel {
  /** Hex SHA-256 of the body. */
  digest: string
  shape: EncoderShape
  vocabulary: readonly string[]
  /** @throws UnreadableModel where the file has none of that name */
  tensor(name: string): Tensor
}

export interface Tensor {
  bytes: Uint8Array
  shape: readonly number[]
}

/**
 * Keeps the bytes: tensors are views of them.
 * @param file what messages call it
 * @throws UnreadableModel
 */
export async function readEncoderModel(
  bytes: Uint8Array<ArrayBuffer>,
  sha256: BytesDigest,
  file: string,
): Promise<EncoderModel> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 8 || new TextDecoder('latin1').decode(bytes.subarray(0, 4)) !== MAGIC) {
    throw new UnreadableModel(`${file} is not a small encoder: it does not begin with ${MAGIC}.`)
  }
  const headerEnd = 8 + view.getUint32(4, true)
  const { shape, digest, tensors } = readHeader(bytes.subarray(8, headerEnd), file)
  const body = bytes.subarray(Math.ceil(headerEnd / ALIGNED) * ALIGNED)
  if ((await sha256(body)) !== digest) {
    throw new UnreadableModel(
      `${file} is damaged: its contents do not match its digest. Install trimtab again.`,
    )
  }
  const tensor = (name: string): Tensor => {
    const place = tensors[name]
    if (place === undefined)
      throw new UnreadableModel(`${file} has no tensor ${name}: another trimtab wrote it.`)
    const bytesEach = place.kind === 'float32' ? 4 : 1
    const count = place.shape.reduce((product, side) => product * side, bytesEach)
    return { bytes: body.subarray(place.offset, place.offset + count), shape: place.shape }
  }
  const vocabulary = new TextDecoder().decode(tensor('vocabulary').bytes).trimEnd().split('\n')
  return { digest, shape, vocabulary, tensor }
}

function readHeader(bytes: Uint8Array, file: string): Header {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Header
  } catch {
    throw new UnreadableModel(`${file} is damaged: its header cannot be read. Install trimtab again.`)
  }
}
