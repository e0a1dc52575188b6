/** Lays text out in columns for a terminal. */

export interface Column {
  title: string
  align: 'left' | 'right'
}

/** Rows of cells under their titles; `total`, where given, stands below a rule. Returns lines, without a final newline. */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  total?: readonly string[],
): string {
  const titles = columns.map(({ title }) => title)
  const lines = [titles, ...rows, ...(total === undefined ? [] : [total])].map((cells) =>
    cells.map(printable),
  )
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => width(cells[index] ?? ''))))
  const rule = widths.map((columnWidth) => '─'.repeat(columnWidth))
  const laidOut = [lines[0] ?? [], rule, ...lines.slice(1)]
  if (total !== undefined) laidOut.splice(-1, 0, rule)
  return laidOut.map((cells) => line(cells, columns, widths)).join('\n')
}

/** What callers sent must not move the cursor, colour the terminal or break a line. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, '�')
}

/** `$0.42`, and for small sums as many digits as they need. */
export function usd(amount: number): string {
  if (amount === 0) return '$0'
  const magnitude = Math.floor(Math.log10(Math.abs(amount)))
  const decimals = Math.min(9, Math.max(2, 2 - magnitude))
  return `$${amount.toFixed(decimals)}`
}

export function milliseconds(duration: number | null): string {
  if (duration === null) return '–'
  return duration < 10_000 ? `${Math.round(duration)} ms` : `${(duration / 1000).toFixed(1)} s`
}

function line(cells: readonly string[], columns: readonly Column[], widths: readonly number[]): string {
  return columns
    .map(({ align }, index) => {
      const cell = cells[index] ?? ''
      const padding = ' '.repeat(Math.max(0, (widths[index] ?? 0) - width(cell)))
      return align === 'right' ? padding + cell : cell + padding
    })
    .join('  ')
    .trimEnd()
}

/** Characters, not code units, so that an emoji shifts no column by its surrogates. */
function width(cell: string): number {
  return [...cell].length
}
