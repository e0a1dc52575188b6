/** Putting pieces of an answer together: as few views as possible. */

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
