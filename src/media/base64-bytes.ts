/** The bytes that base64 holds, or the first of them. */

/** Undefined where it is no base64. */
export function bytesOfBase64(base64: string): Uint8Array | undefined {
  let text: string
  try {
    text = atob(base64)
  } catch {
    return undefined
  }
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}

/** Without decoding all of it. @param most bytes, rounded up to groups of three */
export function headOfBase64(base64: string, most: number): Uint8Array | undefined {
  const characters = Math.ceil(most / 3) * 4
  return bytesOfBase64(base64.length <= characters ? base64 : base64.slice(0, characters))
}
