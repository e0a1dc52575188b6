/** The README's twenty prompts are what `explain` tells of them; `UPDATE_README=1` writes them there. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openPrior } from '../src/platform/node/node-classifier.ts'
import { explainedPrompts } from './support/explained-prompts.ts'

const README = fileURLToPath(new URL('../README.md', import.meta.url))
const SHOWN = /(<!-- twenty prompts -->\n\n)([\s\S]*?)(\n\n<!-- end of them -->)/

test('the README shows twenty prompts as explain tells them', async () => {
  const text = readFileSync(README, 'utf8')
  const table = explainedPrompts(await openPrior())
  if (process.env.UPDATE_README !== undefined) {
    writeFileSync(
      README,
      text.replace(SHOWN, (_, before, __, after) => `${before}${table}${after}`),
    )
  }
  const shown = SHOWN.exec(readFileSync(README, 'utf8'))?.[2] ?? ''
  expect(cellsOf(shown)).toEqual(cellsOf(table))
  expect(table.split('\n')).toHaveLength(22)
})

/** However the columns are lined up. */
function cellsOf(table: string): string[][] {
  return table.split('\n').map((row) => row.split('|').map((cell) => cell.trim().replace(/^-+$/, '-')))
}
