/** Base64 data as chat carries it, in a `data:` URL, and as Anthropic does, beside its media type. */

export interface InlineData {
  mediaType: string
  base64: string
}

const PREFIX = /^data:([^;,]*)((?:;[^;,]*)*),/i

/** Undefined where `url` is no data URL, or one that is not in base64. */
export function readDataUrl(url: string): InlineData | undefined {
  // A pattern over the whole of it would walk megabytes.
  const found = PREFIX.exec(url.slice(0, 256))
  if (found === null || !/;base64$/i.test(found[2] ?? '')) return undefined
  return { mediaType: (found[1] ?? '').toLowerCase(), base64: url.slice(found[0].length) }
}

export function dataUrl({ mediaType, base64 }: InlineData): string {
  return `data:${mediaType};base64,${base64}`
}

/** Undefined where the bytes are no base64 of UTF-8. */
export function textOfBase64(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
