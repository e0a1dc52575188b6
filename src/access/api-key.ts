/** The keys that trimtab gives out: `tt_<id>_<secret>`, the id public, the secret shown once and kept as a digest. */

export type RandomBytes = (count: number) => Uint8Array

/** Lower-case hex. A promise where the platform only hashes asynchronously. */
export type Sha256 = (text: string) => string | Promise<string>

export interface ApiKey {
  id: string
  /** The whole key, as a caller sends it. */
  key: string
}

/** 32 letters that cannot be taken for one another, so that a byte's low five bits choose one without bias. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const ID_LENGTH = 10
const SECRET_LENGTH = 40
const API_KEY = /^tt_([0-9a-hjkmnp-tv-z]{10})_[0-9a-hjkmnp-tv-z]{40}$/

/** A new key of 50 bits of id and 200 bits of secret. */
export function generateApiKey(randomBytes: RandomBytes): ApiKey {
  const id = randomText(randomBytes, ID_LENGTH)
  return { id, key: `tt_${id}_${randomText(randomBytes, SECRET_LENGTH)}` }
}

/** The id in a key's text, or undefined where the text is no key of trimtab's. */
export function apiKeyId(text: string): string | undefined {
  return API_KEY.exec(text)?.[1]
}

/** Compares in a time that tells nothing of where two texts of one length differ. */
export function equalInConstantTime(left: string, right: string): boolean {
  if (left.length !== right.length) return false
  let difference = 0
  for (let index = 0; index < left.length; index++) {
    difference |= left.charCodeAt(index) ^ right.charCodeAt(index)
  }
  return difference === 0
}

export function randomText(randomBytes: RandomBytes, length: number): string {
  let text = ''
  for (const byte of randomBytes(length)) text += ALPHABET.charAt(byte & 31)
  return text
}
