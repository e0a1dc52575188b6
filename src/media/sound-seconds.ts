/** How long a sound is, by what the head of its file says: WAV, FLAC, MP3, Ogg and MP4 are known. */
import { mp3Seconds } from './mp3-seconds.ts'
import { mp4Seconds } from './mp4-seconds.ts'
import { oggSeconds } from './ogg-seconds.ts'
import type { SoundSource } from './sound-source.ts'

/** 64 kbit/s, in which speech is often sent; at 16 kHz without compression a second takes four times as much. */
export const BYTES_PER_SECOND = 8000
/** Stereo without compression in 48 kHz: whose head claims to be shorter than that does not tell the truth. */
const MOST_BYTES_PER_SECOND = 192_000
/** A third of the least that speech is sent in. */
const LEAST_BYTES_PER_SECOND = 250
const MOST_CHUNKS = 100

/** By its size alone where its head tells nothing: so many bytes are a second then. */
export function soundSeconds(sound: SoundSource, usualBytes = BYTES_PER_SECOND): number {
  const told = toldSeconds(sound)
  if (told === undefined || !Number.isFinite(told) || told < 0) return sound.size / usualBytes
  const least = sound.size / MOST_BYTES_PER_SECOND
  return Math.min(Math.max(told, least), sound.size / LEAST_BYTES_PER_SECOND)
}

/** Undefined where the format is not known, or the file too short to tell. */
export function toldSeconds(sound: SoundSource): number | undefined {
  const head = sound.read(0, 12)
  const name = letters(head, 0)
  try {
    if (name === 'RIFF' && letters(head, 8) === 'WAVE') return wave(sound)
    if (name === 'fLaC') return flac(viewOf(sound.read(0, 42)))
    if (name === 'OggS') return oggSeconds(sound)
    if (letters(head, 4) === 'ftyp') return mp4Seconds(sound)
    return mp3Seconds(sound)
  } catch (error) {
    // Reading past the end, as a cut file has one do.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Recorders that stream write a length that is not known yet as the largest there is. */
function wave(sound: SoundSource): number | undefined {
  let bytesPerSecond = 0
  for (let at = 12, chunks = 0; at + 8 <= sound.size && chunks < MOST_CHUNKS; chunks++) {
    const chunk = viewOf(sound.read(at, 20))
    const size = chunk.getUint32(4, true)
    const name = letters(sound.read(at, 4), 0)
    if (name === 'fmt ') bytesPerSecond = chunk.getUint32(16, true)
    if (name === 'data')
      return bytesPerSecond > 0 ? Math.min(size, sound.size - at - 8) / bytesPerSecond : undefined
    at += 8 + size + (size % 2)
  }
  return undefined
}

function flac(view: DataView): number | undefined {
  const rate = (view.getUint32(18) >>> 12) & 0xfffff
  const samples = (view.getUint8(21) & 0xf) * 2 ** 32 + view.getUint32(22)
  return rate > 0 && samples > 0 ? samples / rate : undefined
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

function letters(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4))
}
