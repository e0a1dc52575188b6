/** Takes out of a map what belongs to nobody who is still there. */

export function keepKeys(map: Map<string, unknown>, kept: ReadonlySet<string>): void {
  for (const key of map.keys()) if (!kept.has(key)) map.delete(key)
}
