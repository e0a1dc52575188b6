/** How long an MP3 is: by its own count of frames, else by its size and the rate of its first frame. */
import type { SoundSource } from './sound-source.ts'

interface Frame {
  bitsPerSecond: number
  samplesPerSecond: number
  samples: number
  /** To the next one's head. */
  bytes: number
  /** Bytes between its head and what a count of frames may stand in. */
  sideBytes: number
}

const TAG_HEAD_BYTES = 10
/** Encoders begin with a frame; others have a few bytes of rubbish. */
const LOOKED_AT_BYTES = 4096
const KILOBITS = {
  first: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  later: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const
const RATES = [44_100, 48_000, 32_000] as const

/** Undefined where there is no frame. */
export function mp3Seconds(sound: SoundSource): number | undefined {
  const start = afterTag(sound.read(0, TAG_HEAD_BYTES))
  const bytes = sound.read(start, LOOKED_AT_BYTES)
  for (let at = 0; at + 4 <= bytes.length; at++) {
    const frame = frameAt(bytes, at)
    // Two bytes alone may look like one anywhere.
    if (frame === undefined || !isFollowed(bytes, at + frame.bytes)) continue
    const frames = framesTold(bytes, at, frame)
    if (frames !== undefined) return (frames * frame.samples) / frame.samplesPerSecond
    return ((sound.size - start - at) * 8) / frame.bitsPerSecond
  }
  return undefined
}

/** Titles and covers ahead of the sound (ID3v2): their length is in seven bits a byte. */
function afterTag(head: Uint8Array): number {
  const [i, d, three, , , flags = 0, ...size] = head
  if (i !== 0x49 || d !== 0x44 || three !== 0x33) return 0
  const length = size.reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0)
  const hasFoot = (flags & 0x10) !== 0
  return TAG_HEAD_BYTES + length + (hasFoot ? TAG_HEAD_BYTES : 0)
}

/** Of layer III, in one of its three versions. */
function frameAt(bytes: Uint8Array, at: number): Frame | undefined {
  const [sync = 0, kind = 0, rates = 0, mode = 0] = bytes.subarray(at, at + 4)
  if (sync !== 0xff || (kind & 0xe0) !== 0xe0 || ((kind >> 1) & 3) !== 1) return undefined
  const version = (kind >> 3) & 3
  if (version === 1) return undefined
  const isFirst = version === 3
  const kilobits = KILOBITS[isFirst ? 'first' : 'later'][rates >> 4] ?? 0
  const rate = RATES[(rates >> 2) & 3]
  if (kilobits === 0 || rate === undefined) return undefined
  const isMono = mode >> 6 === 3
  const samples = isFirst ? 1152 : 576
  const samplesPerSecond = rate / (isFirst ? 1 : version === 2 ? 2 : 4)
  return {
    bitsPerSecond: kilobits * 1000,
    samplesPerSecond,
    samples,
    bytes: Math.floor((samples / 8) * ((kilobits * 1000) / samplesPerSecond)) + ((rates >> 1) & 1),
    sideBytes: isFirst ? (isMono ? 17 : 32) : isMono ? 9 : 17,
  }
}

function isFollowed(bytes: Uint8Array, next: number): boolean {
  return next + 4 > bytes.length || frameAt(bytes, next) !== undefined
}

/** In the first frame, which is silent then (Xing's, also as `Info`, and Fraunhofer's). */
function framesTold(bytes: Uint8Array, at: number, { sideBytes }: Frame): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const place = at + 4 + sideBytes
  const name = letters(bytes, place)
  if ((name === 'Xing' || name === 'Info') && (view.getUint32(place + 4) & 1) === 1)
    return view.getUint32(place + 8)
  return letters(bytes, at + 36) === 'VBRI' ? view.getUint32(at + 36 + 14) : undefined
}

function letters(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4))
}
