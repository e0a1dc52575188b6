/** Globs in which `*` stands for any text; nothing else is special, so that no pattern can be made slow. */

/** Whether the whole of `text` is covered by `pattern`. Never backtracks, whatever they hold. */
export function matchesGlob(pattern: string, text: string): boolean {
  const pieces = pattern.split('*')
  const first = pieces[0] ?? ''
  if (pieces.length === 1) return pattern === text
  const last = pieces[pieces.length - 1] ?? ''
  if (text.length < first.length + last.length) return false
  if (!text.startsWith(first) || !text.endsWith(last)) return false
  // The leftmost place of each piece leaves the most room for the rest, so no place is tried twice.
  const end = text.length - last.length
  let position = first.length
  for (let index = 1; index < pieces.length - 1; index++) {
    const piece = pieces[index] ?? ''
    const found = text.indexOf(piece, position)
    if (found === -1 || found + piece.length > end) return false
    position = found + piece.length
  }
  return true
}

export function matchesAnyGlob(patterns: readonly string[], text: string): boolean {
  for (const pattern of patterns) if (matchesGlob(pattern, text)) return true
  return false
}
