/**
 * The file of the static embedder, `models/static/static.bin`, which `training/static/train.py` writes. Little-endian:
 *
 *   0  4 bytes  `TTSE`
 *   4  uint32   version of this format, 1
 *   8  uint32   dimensions, a multiple of 4
 *  12  uint32   tokens
 *  16  uint32   bytes of the vocabulary, a multiple of 4
 *  20  32 bytes SHA-256 of everything from byte 64 on
 *  52  12 bytes zero
 *  64           the vocabulary: UTF-8, one token a line in the order of ids, filled up with line feeds
 *               one row a token: a byte a dimension, its number plus 128. All rows have one scale, so that sums need none.
 */

const MAGIC = 'TTSE'
const VERSION = 1
const HEADER_BYTES = 64
const DIGEST_AT = 20
const DIGEST_BYTES = 32

/** Hex SHA-256, or a promise of it where the platform only hashes asynchronously. */
export type BytesDigest = (bytes: Uint8Array<ArrayBuffer>) => string | Promise<string>

export interface StaticModel {
  /** Hex SHA-256 of vocabulary and rows. */
  digest: string
  dimensions: number
  vocabulary: readonly string[]
  /** Four dimensions a number, `dimensions / 4` numbers a token. */
  rows: Int32Array
}

/** The file is not a model, of another version, cut off or changed; the message says which. */
export class UnreadableModel extends Error {}

/**
 * Keeps the bytes: rows are read where they lie.
 * @param file what messages call it
 * @throws UnreadableModel
 */
export async function readStaticModel(
  bytes: Uint8Array<ArrayBuffer>,
  sha256: BytesDigest,
  file: string,
): Promise<StaticModel> {
  // Rows are read four bytes at once, which a view cannot do at an odd place.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  const header = readHeader(aligned, file)
  const content = aligned.subarray(HEADER_BYTES)
  const digest = await sha256(content)
  if (digest !== header.digest) {
    throw new UnreadableModel(
      `${file} is damaged: its contents do not match its digest. Install trimtab again.`,
    )
  }
  const rowsAt = aligned.byteOffset + HEADER_BYTES + header.vocabularyBytes
  return {
    digest,
    dimensions: header.dimensions,
    vocabulary: readVocabulary(content.subarray(0, header.vocabularyBytes), header.tokens, file),
    rows: new Int32Array(aligned.buffer, rowsAt, (header.tokens * header.dimensions) / 4),
  }
}

interface Header {
  dimensions: number
  tokens: number
  vocabularyBytes: number
  digest: string
}

function readHeader(bytes: Uint8Array<ArrayBuffer>, file: string): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isModel =
    bytes.length >= HEADER_BYTES && new TextDecoder('latin1').decode(bytes.subarray(0, 4)) === MAGIC
  if (!isModel)
    throw new UnreadableModel(`${file} is not a static embedder: it does not begin with ${MAGIC}.`)
  const version = view.getUint32(4, true)
  if (version !== VERSION) {
    throw new UnreadableModel(`${file} has format ${version}; this trimtab reads format ${VERSION}.`)
  }
  const [dimensions, tokens, vocabularyBytes] = [8, 12, 16].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
  ]
  const expected = HEADER_BYTES + vocabularyBytes + tokens * dimensions
  if (dimensions % 4 !== 0 || vocabularyBytes % 4 !== 0 || bytes.length !== expected) {
    throw new UnreadableModel(`${file} is damaged: it has ${bytes.length} bytes instead of ${expected}.`)
  }
  const digest = hex(bytes.subarray(DIGEST_AT, DIGEST_AT + DIGEST_BYTES))
  return { dimensions, tokens, vocabularyBytes, digest }
}

function readVocabulary(bytes: Uint8Array, tokens: number, file: string): readonly string[] {
  const vocabulary = new TextDecoder().decode(bytes).trimEnd().split('\n')
  if (vocabulary.length === tokens) return vocabulary
  throw new UnreadableModel(
    `${file} is damaged: it names ${vocabulary.length} tokens and has ${tokens} rows.`,
  )
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
