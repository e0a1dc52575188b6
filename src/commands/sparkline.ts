/** Draws counts over time as a line of blocks. */

const BLOCKS = [...'▁▂▃▄▅▆▇█']

/** A character a count, the largest as a full block; none at all is a space. */
export function sparkline(counts: readonly number[]): string {
  const most = Math.max(1, ...counts)
  return counts
    .map((count) => (count <= 0 ? ' ' : (BLOCKS[Math.ceil((count / most) * BLOCKS.length) - 1] ?? ' ')))
    .join('')
}
