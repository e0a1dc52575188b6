/** A number in [0, 1) that is always the same for a text, and as good as random among texts. */

const OFFSET = 2166136261
const PRIME = 16777619

/** FNV-1a over code units, then MurmurHash3's finish: FNV's own upper bits hardly differ for texts that do so at their end. */
export function stableShare(text: string): number {
  let hash = OFFSET
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), PRIME)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
