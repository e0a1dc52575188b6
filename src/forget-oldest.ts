/** Keeps a map within its bound: what was put in first goes, which is what was used longest ago where a use puts it in anew. */

export function forgetOldest(map: Map<unknown, unknown>, most: number): void {
  if (map.size <= most) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    if (map.size <= most) return
  }
}
