/** The request directives of `Cache-Control` that a caller may steer by (RFC 9111, section 5.2.1). */

export interface CacheDirectives {
  /** Don't answer from memory; the new answer may be remembered. */
  noCache: boolean
  /** Neither answer from memory nor remember. */
  noStore: boolean
  /** Answer from memory, or not at all. */
  onlyIfCached: boolean
  /** Greatest age of a remembered answer. */
  maxAgeMs: number | undefined
}

const NONE: CacheDirectives = { noCache: false, noStore: false, onlyIfCached: false, maxAgeMs: undefined }

/** Unknown directives are ignored, as the standard asks. */
export function cacheDirectives(header: string | undefined): CacheDirectives {
  if (header === undefined) return NONE
  const directives = header.split(',').map((directive) => directive.trim().toLowerCase())
  const age = directives.find((directive) => directive.startsWith('max-age='))
  const seconds = age === undefined ? Number.NaN : Number(age.slice('max-age='.length).replaceAll('"', ''))
  return {
    noCache: directives.includes('no-cache'),
    noStore: directives.includes('no-store'),
    onlyIfCached: directives.includes('only-if-cached'),
    maxAgeMs: seconds >= 0 ? seconds * 1000 : undefined,
  }
}
