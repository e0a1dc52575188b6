/** Writes records as CSV, nested members joined with `_`. */

type Cell = string | number | boolean | null

/**
 * A header and a line a record: the columns of `example`, then those that only some records have. Members of nested
 * records join with `_`: `{ latency_ms: { p50: 3 } }` is the column `latency_ms_p50`. Null is empty.
 */
export function csv(example: object, records: readonly object[]): string {
  const rows = records.map(flat)
  const names = [...new Set([flat(example), ...rows].flatMap((row) => [...row.keys()]))]
  const lines = rows.map((row) => names.map((name) => cell(row.get(name) ?? null)).join(','))
  return [names.map(cell).join(','), ...lines].join('\n')
}

function flat(record: object): Map<string, Cell> {
  const columns = new Map<string, Cell>()
  for (const [name, value] of Object.entries(record) as [string, Cell | object][]) {
    if (typeof value !== 'object' || value === null) columns.set(name, value)
    else for (const [inner, innerValue] of flat(value)) columns.set(`${name}_${inner}`, innerValue)
  }
  return columns
}

function cell(value: Cell): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  // A spreadsheet would run such a label, which any caller may send, as a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
