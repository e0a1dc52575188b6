/** The README's table of dependencies is the truth: npm's list for what is installed, the bundler's for what is inside. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const text = (path: string): string => readFileSync(fileURLToPath(new URL(path, root)), 'utf8')

const rows = [...text('README.md').matchAll(/^\| `([^`]+)` +\| (installed|bundled) +\| (.+?) *\|$/gm)].map(
  ([, name, how, reason]) => ({ name, how, reason: reason ?? '' }),
)
const named = (how: string) => rows.filter((row) => row.how === how).map(({ name }) => name)

test('every package that npm installs beside trimtab is in the README', () => {
  const { dependencies } = JSON.parse(text('package.json')) as { dependencies: Record<string, string> }
  expect(named('installed').toSorted()).toEqual(Object.keys(dependencies).toSorted())
})

test('every package of which code is in the bundle is in the README', () => {
  const { trimtab, ...others } = JSON.parse(text('dist/bundled-bytes.json')) as Record<string, number>
  const inside = Object.keys(others).filter((name) => (others[name] ?? 0) > 0)
  expect(trimtab).toBeGreaterThan(0)
  expect(named('bundled').toSorted()).toEqual(inside.toSorted())
})

test('every bundled package passes its licence on', () => {
  const licences = text('dist/THIRD-PARTY-LICENSES.txt')
  const missing = named('bundled').filter(
    (name) => !new RegExp(`^${name} \\d.* \\(.+\\)$`, 'm').test(licences),
  )
  expect(missing).toEqual([])
})

test('every package is justified', () => {
  expect(rows.filter(({ reason }) => reason.split(' ').length < 2)).toEqual([])
})
