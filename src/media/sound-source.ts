/** The bytes of a sound, of which a few are looked at: those of an hour are never copied to learn that it is an hour. */
import { headOfBase64 } from './base64-bytes.ts'

export interface SoundSource {
  /** Bytes in all; of base64 within two. */
  size: number
  /** Fewer where there are no more. */
  read(from: number, length: number): Uint8Array
}

const NOTHING = new Uint8Array()

export function bytesSource(bytes: Uint8Array): SoundSource {
  return { size: bytes.byteLength, read: (from, length) => bytes.subarray(from, from + length) }
}

/** Reads nothing of what is no base64. */
export function base64Source(base64: string): SoundSource {
  return {
    size: Math.floor((base64.length * 3) / 4),
    read(from, length) {
      // Four characters are three bytes.
      const first = Math.floor(from / 3)
      const bytes = headOfBase64(base64.slice(first * 4, Math.ceil((from + length) / 3) * 4), length + 3)
      return bytes?.subarray(from - first * 3, from - first * 3 + length) ?? NOTHING
    },
  }
}
