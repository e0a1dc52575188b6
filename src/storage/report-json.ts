/** A report as JSON, piece by piece: one of thousands of rows is megabytes, which no loop should have to write at once. */
import type { Report } from '../metering/reports.ts'

/** So much is written to a socket in a tenth of a millisecond. */
export const PIECE_CHARACTERS = 32 * 1024

/** Together what `JSON.stringify` makes of it; each but the last is of PIECE_CHARACTERS at least, and never none. */
export function* reportJson(report: Report): Generator<string> {
  let piece = ''
  for (const text of wordsOf(report)) {
    if (piece.length >= PIECE_CHARACTERS) {
      yield piece
      piece = ''
    }
    piece += text
  }
  yield piece
}

function* wordsOf(report: Report): Generator<string> {
  let before = '{'
  for (const [name, value] of Object.entries(report)) {
    if (value === undefined) continue
    yield `${before}${JSON.stringify(name)}:`
    before = ','
    if (name === 'rows') yield* rowsOf(report)
    else yield JSON.stringify(value)
  }
  yield '}'
}

function* rowsOf({ rows }: Report): Generator<string> {
  let before = '['
  for (const row of rows) {
    yield before + JSON.stringify(row)
    before = ','
  }
  yield rows.length === 0 ? '[]' : ']'
}
