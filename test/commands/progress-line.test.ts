import { expect, test } from 'vitest'
import { progressLine } from '../../src/commands/progress-line.ts'

function shown(isTTY: boolean): string[] {
  const written: string[] = []
  const line = progressLine('Replaying', { isTTY, write: (text) => written.push(text) })
  line.progress(0, 0)
  line.progress(3, 4)
  line.progress(9, 4)
  line.end()
  return written
}

test('progressLine: one line that fills up and is taken away, on a terminal alone', () => {
  expect(shown(false)).toEqual([])
  const written = shown(true)
  expect(written.slice(0, 3).map((text) => text.replace(/[█░]+/, 'bar'))).toEqual([
    '\rReplaying bar 100%',
    '\rReplaying bar 75%',
    '\rReplaying bar 100%',
  ])
  expect(written.at(-1)).toBe('\r\u001b[2K')
  expect(written.join('')).not.toContain('\n')
})
