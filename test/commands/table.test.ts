import { expect, test } from 'vitest'
import { csv } from '../../src/commands/csv.ts'
import { milliseconds, printable, textTable, usd } from '../../src/commands/table.ts'

test('textTable: columns line up, numbers to the right, the total below a rule', () => {
  const columns = [
    { title: 'workflow', align: 'left' },
    { title: 'cost', align: 'right' },
  ] as const
  expect(
    textTable(
      columns,
      [
        ['a', '$1.00'],
        ['a longer one', '$12.00'],
      ],
      ['total', '$13.00'],
    ),
  ).toBe(
    [
      'workflow        cost',
      '────────────  ──────',
      'a              $1.00',
      'a longer one  $12.00',
      '────────────  ──────',
      'total         $13.00',
    ].join('\n'),
  )
})

test('printable: what a caller sent cannot steer the terminal', () => {
  expect(printable('a\u001b[2Jb\nc\u202ed')).toBe('a�[2Jb�c�d')
  expect(textTable([{ title: 't', align: 'left' }], [['x\ny']]).split('\n')).toHaveLength(3)
})

test('usd: small sums keep their digits, large ones cents', () => {
  expect([0, 1234.567, 0.5, 0.0123456, 0.000000045, 1e-9].map(usd)).toEqual([
    '$0',
    '$1234.57',
    '$0.500',
    '$0.0123',
    '$0.000000045',
    '$0.000000001',
  ])
})

test('milliseconds: seconds from ten on, a dash for nothing', () => {
  expect([12.4, 9999, 12_345, null].map(milliseconds)).toEqual(['12 ms', '9999 ms', '12.3 s', '–'])
})

test('csv: nested members join with _, null is empty, and quotes are doubled', () => {
  const record = { name: 'a "b", c', latency_ms: { p50: 3, p95: null }, savings: {} }
  expect(csv(record, [record])).toBe('name,latency_ms_p50,latency_ms_p95\n"a ""b"", c",3,')
  expect(csv(record, [])).toBe('name,latency_ms_p50,latency_ms_p95')
})

test('csv: a label that a spreadsheet would run is text, a negative number stays a number', () => {
  expect(csv({ a: '', b: 0 }, [{ a: '=HYPERLINK("x")', b: -1 }])).toBe('a,b\n"\'=HYPERLINK(""x"")",-1')
})
