/**
 * The file of the prior, `models/router/router.bin`, which `training/router/train.mjs` writes. Little-endian:
 *
 *   0  4 bytes  `TTRD`
 *   4  uint32   bytes of the header
 *   8           JSON: see `Header`
 *               three tables of `places` bytes: weights of difficulty (int8), of likeness (int8), rarity (uint8)
 */
import { type BytesDigest, UnreadableModel } from '../embedding/static-model.ts'
import { HASHED_PLACES, HASHED_VERSION } from './hashed-features.ts'

const MAGIC = 'TTRD'
const TABLES = 3

interface Header {
  /** `HASHED_VERSION` of the features it was learned on. */
  features: number
  places: number
  /** Hex SHA-256 of the tables. */
  digest: string
  difficulty: {
    scale: number
    mean: number
    /** Weight of the text's length, in deviations from the mean. */
    length: number
    lengths: { mean: number; deviation: number }
    /** From score to probability. */
    curve: { slope: number; offset: number }
  }
  /** A text whose score is not above the threshold is unlike those that difficulty was learned on. */
  likeness: { scale: number; mean: number; threshold: number }
  rarity: { scale: number }
}

export interface DifficultyModel extends Omit<Header, 'features' | 'places'> {
  weights: Int8Array
  likenessWeights: Int8Array
  rarityOf: Uint8Array
}

/**
 * Keeps the bytes: tables are views of them.
 * @param file what messages call it
 * @throws UnreadableModel
 */
export async function readDifficultyModel(
  bytes: Uint8Array<ArrayBuffer>,
  sha256: BytesDigest,
  file: string,
): Promise<DifficultyModel> {
  if (bytes.length < 8 || new TextDecoder('latin1').decode(bytes.subarray(0, 4)) !== MAGIC) {
    throw new UnreadableModel(`${file} is not a prior of difficulty: it does not begin with ${MAGIC}.`)
  }
  const bodyAt = 8 + new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4, true)
  const { features, places, ...header } = readHeader(bytes.subarray(8, bodyAt), file)
  if (features !== HASHED_VERSION || places !== HASHED_PLACES) {
    throw new UnreadableModel(`${file} was learned on features of another trimtab. Install trimtab again.`)
  }
  const body = bytes.subarray(bodyAt)
  if (body.length !== TABLES * places || (await sha256(body)) !== header.digest) {
    throw new UnreadableModel(
      `${file} is damaged: its contents do not match its digest. Install trimtab again.`,
    )
  }
  const at = body.byteOffset
  return {
    ...header,
    weights: new Int8Array(body.buffer, at, places),
    likenessWeights: new Int8Array(body.buffer, at + places, places),
    rarityOf: new Uint8Array(body.buffer, at + 2 * places, places),
  }
}

function readHeader(bytes: Uint8Array, file: string): Header {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Header
  } catch {
    throw new UnreadableModel(`${file} is damaged: its header cannot be read. Install trimtab again.`)
  }
}
