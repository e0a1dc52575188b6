import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unifiedDiff } from '../../src/commands/unified-diff.ts'

test('unifiedDiff: of whatever texts, `patch` makes the second of the first', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-diff-'))
  const line = fc.constantFrom('a', 'b', '  c: { d: e }', '', '- f')
  const text = fc
    .tuple(fc.array(line, { maxLength: 12 }), fc.boolean())
    .map(([lines, ends]) => lines.join('\n') + (ends && lines.length > 0 ? '\n' : ''))
  try {
    fc.assert(
      fc.property(text, text, (before, after) => {
        // `patch` takes a file away that becomes empty.
        fc.pre(before !== after && after !== '')
        writeFileSync(join(folder, 'p.yaml'), before)
        const input = `${unifiedDiff('p.yaml', before, after)}\n`
        execFileSync('patch', ['-s', '-d', folder], { input })
        expect(readFileSync(join(folder, 'p.yaml'), 'utf8')).toBe(after)
      }),
      { numRuns: 60 },
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
