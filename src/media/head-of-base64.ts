/** The first bytes of what base64 holds, without decoding all of it. */

/** @param most bytes. Undefined where it is no base64 */
export function headOfBase64(base64: string, most: number): Uint8Array | undefined {
  const characters = Math.ceil(most / 3) * 4
  return decoded(base64.length <= characters ? base64 : base64.slice(0, characters))
}

/** The last bytes of it, for formats that tell their length at the end. */
export function tailOfBase64(base64: string, most: number): Uint8Array | undefined {
  const characters = Math.ceil(most / 3) * 4
  // Groups of four characters begin at multiples of four.
  const start = Math.max(0, Math.floor((base64.length - characters) / 4) * 4)
  return decoded(base64.slice(start))
}

/** Of the bytes that it holds, within two. */
export function bytesInBase64(base64: string): number {
  return Math.floor((base64.length * 3) / 4)
}

function decoded(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
