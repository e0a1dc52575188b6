/** Putting pieces of an answer together: as few views as possible, or one array. */

/** Adjacent views of one buffer become one view, so that events that came together leave in one write. */
export function joinViews(views: readonly Uint8Array[]): Uint8Array[] {
  const joined: Uint8Array[] = []
  for (const view of views) {
    const last = joined.at(-1)
    if (last && last.buffer === view.buffer && last.byteOffset + last.byteLength === view.byteOffset) {
      joined[joined.length - 1] = new Uint8Array(
        last.buffer,
        last.byteOffset,
        last.byteLength + view.byteLength,
      )
    } else joined.push(view)
  }
  return joined
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts
  if (parts.length === 1 && only) return only
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.byteLength, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.byteLength
  }
  return whole
}
