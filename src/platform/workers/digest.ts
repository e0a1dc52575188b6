/** SHA-256 where the platform hashes asynchronously. */
import type { DigestOf } from '../../policy/parse-policy.ts'

/** Lower-case hex of the text's UTF-8 bytes. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Digests of texts that are known beforehand, for code that cannot wait for one. */
export async function digestsOf(texts: readonly string[]): Promise<DigestOf> {
  const digests = new Map(await Promise.all(texts.map(async (text) => [text, await sha256(text)] as const)))
  return (text) => {
    const digest = digests.get(text)
    if (digest === undefined) throw new Error('A text was to be digested that was not known beforehand.')
    return digest
  }
}
