/** The first bytes of what base64 holds, without decoding all of it. */

/** @param most bytes. Undefined where it is no base64 */
export function headOfBase64(base64: string, most: number): Uint8Array | undefined {
  const characters = Math.ceil(most / 3) * 4
  try {
    const text = atob(base64.length <= characters ? base64 : base64.slice(0, characters))
    return Uint8Array.from(text, (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
