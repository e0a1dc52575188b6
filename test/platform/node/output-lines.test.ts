import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { followLines } from '../../../src/platform/node/output-lines.ts'

async function linesOf(...pieces: (string | Buffer)[]): Promise<string[]> {
  const stream = new PassThrough()
  const lines: string[] = []
  followLines(stream, (line) => lines.push(line))
  const closed = new Promise((resolve) => stream.once('close', resolve))
  for (const piece of pieces) stream.write(piece)
  stream.end()
  await closed
  return lines
}

test('lines are whole however they come, the last one too, and empty ones are none', async () => {
  const bytes = Buffer.from('größer\nb\r\n\n')
  const split = [...bytes].map((byte) => Buffer.of(byte))
  expect(await linesOf(...split, 'the end')).toEqual(['größer', 'b', 'the end'])
})

test('a progress bar is a line each time that it goes back', async () => {
  expect(await linesOf('10%\r20%', '\r30%\n')).toEqual(['10%', '20%', '30%'])
})

test('nothing steers the terminal', async () => {
  const start = String.fromCharCode(27)
  expect(await linesOf(`${start}[31mred${start}[0m and${start}]0;title\tmore\n`)).toEqual([
    'red and ]0;title more',
  ])
})

test('a line without end is cut', async () => {
  const [line = '', ...more] = await linesOf(
    ...Array.from({ length: 100 }, () => 'x'.repeat(1000)),
    '\nnext\n',
  )
  expect(line).toBe(`${'x'.repeat(2000)}…`)
  expect(more).toEqual(['next'])
})
