/** A report told piece by piece is the JSON that it would be at once. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Report } from '../../src/metering/reports.ts'
import { figureSums } from '../../src/storage/figure-sums.ts'
import { PIECE_CHARACTERS, reportJson } from '../../src/storage/report-json.ts'
import { figuresOf } from '../../src/storage/told-figures.ts'

const FIGURES = {
  ...figuresOf(figureSums()),
  latency_ms: { p50: null, p95: null },
  first_chunk_ms: { p50: 0.5, p95: 2 },
}

test('reportJson: its pieces are what JSON.stringify makes, whatever the rows hold', () => {
  const labels = fc.array(fc.option(fc.string({ unit: 'grapheme', maxLength: 40 })), { maxLength: 200 })
  fc.assert(
    fc.property(labels, fc.boolean(), (users, learns) => {
      const report = reportOf(users, learns)
      expect([...reportJson(report)].join('')).toBe(JSON.stringify(report))
    }),
  )
})

test('reportJson: no piece is much larger than a socket takes at once, and none but the last smaller', () => {
  const pieces = [
    ...reportJson(
      reportOf(
        Array.from({ length: 3000 }, (_, index) => `user-${index}`),
        false,
      ),
    ),
  ]
  expect(pieces.length).toBeGreaterThan(10)
  const row = JSON.stringify({ user: 'user-0000', ...FIGURES }).length
  for (const piece of pieces.slice(0, -1)) {
    expect(piece.length).toBeGreaterThanOrEqual(PIECE_CHARACTERS)
    expect(piece.length).toBeLessThan(PIECE_CHARACTERS + 2 * row)
  }
})

function reportOf(users: readonly (string | null)[], learns: boolean): Report {
  const report: Report = {
    since: '2026-11-25T00:00:00.000Z',
    until: '2026-11-26T00:00:00.000Z',
    by: ['user'],
    rows: users.map((user) => ({ user, ...FIGURES })),
    totals: FIGURES,
  }
  return learns ? { ...report, learning: [] } : report
}
