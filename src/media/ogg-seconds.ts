/** How long an Ogg file is (Opus or Vorbis): its last page counts the samples of all. */
import type { SoundSource } from './sound-source.ts'

const PAGE = Uint8Array.of(0x4f, 0x67, 0x67, 0x53)
/** No page is longer. */
const LONGEST_PAGE_BYTES = 65_307
const OPUS_RATE = 48_000

/** Undefined where it is of another kind. */
export function oggSeconds(sound: SoundSource): number | undefined {
  const rate = rateOf(sound.read(0, 128))
  const from = Math.max(0, sound.size - LONGEST_PAGE_BYTES)
  const end = sound.read(from, LONGEST_PAGE_BYTES + 3)
  const at = lastPage(end)
  if (rate === undefined || at === undefined) return undefined
  const view = new DataView(end.buffer, end.byteOffset, end.byteLength)
  const samples = Number(view.getBigInt64(at + 6, true))
  return samples > 0 ? samples / rate : undefined
}

/** Of the first packet, behind the list of the page's pieces. */
function rateOf(head: Uint8Array): number | undefined {
  const start = 27 + (head[26] ?? 0)
  const name = String.fromCharCode(...head.subarray(start, start + 8))
  if (name === 'OpusHead') return OPUS_RATE
  if (!name.startsWith('\x01vorbis')) return undefined
  const rate = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(start + 12, true)
  return rate > 0 ? rate : undefined
}

function lastPage(bytes: Uint8Array): number | undefined {
  for (let at = bytes.length - 27; at >= 0; at--)
    if (PAGE.every((byte, index) => bytes[at + index] === byte)) return at
  return undefined
}
