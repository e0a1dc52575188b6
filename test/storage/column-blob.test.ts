import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ColumnWriter, dense, readColumns } from '../../src/storage/column-blob.ts'

const value = fc.oneof(
  fc.constant(0),
  fc.nat(255),
  fc.nat(65_535),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
)

test('readColumns: gives back what was written, in any width, wherever the bytes lie', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(3), fc.array(value, { minLength: 3, maxLength: 3 })), { maxLength: 40 }),
      fc.nat(9),
      (given, offset) => {
        const rows = given.toSorted(([one], [other]) => one - other)
        const writer = new ColumnWriter()
        for (const [quarter, values] of rows) {
          writer.begin(quarter)
          writer.setAll(7, Float64Array.from(values))
        }
        const bytes = writer.bytes()
        const moved = new Uint8Array(offset + bytes.length).subarray(offset)
        moved.set(bytes)
        const columns = readColumns(moved)
        expect(columns?.entries).toBe(rows.length)
        expect(columns?.ends).toEqual(
          [0, 1, 2, 3].map((quarter) => rows.filter(([at]) => at <= quarter).length),
        )
        for (const place of [0, 1, 2]) {
          const found = dense(columns?.byNumber.get(7 + place), rows.length)
          expect(Array.from(found)).toEqual(rows.map(([, values]) => values[place]))
        }
      },
    ),
  )
})

test('readColumns: those of another version are not read', () => {
  const bytes = new ColumnWriter().bytes()
  bytes[0] = 9
  expect(readColumns(bytes)).toBeUndefined()
})
