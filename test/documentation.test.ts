/** What the documentation shows must be true: every YAML block parses, every file it links to is there. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../src/config.ts'
import { parsePolicy } from '../src/policy/parse-policy.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'examples/real-model/README.md']
const POLICY_FILES = ['policies', 'examples/policies'].flatMap((folder) =>
  readdirSync(join(root, folder)).map((name) => join(folder, name)),
)
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')
const text = (path: string): string => readFileSync(join(root, path), 'utf8')

const blocks = PAGES.flatMap((page) =>
  [...text(page).matchAll(/```yaml\n([\s\S]*?)```/g)].map((match, index) => ({
    name: `${page}, YAML block ${index + 1}`,
    text: match[1] ?? '',
  })),
)

describe('documentation', () => {
  test('has YAML blocks to check', () => {
    expect(blocks.length).toBeGreaterThan(1)
  })

  test.each(blocks)('$name parses', ({ text }) => {
    if (/^(workflow|cache):/m.test(text)) expect(policyErrors('policies/shown.yaml', text)).toEqual([])
    else expect(configErrors(text)).toEqual([])
  })

  test.each(POLICY_FILES)('%s is a sound policy', (path) => {
    expect(policyErrors(path, text(path))).toEqual([])
  })

  test('trimtab.example.yaml is a sound configuration', () => {
    expect(configErrors(text('trimtab.example.yaml'))).toEqual([])
  })

  test.each(PAGES)('%s links only to files that are there', (page) => {
    const targets = [...text(page).matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? '')
    const local = targets.filter((target) => !/^https?:/.test(target))
    expect(local.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([])
  })
})

test('CONTRIBUTING.md has every room in its table', () => {
  const table =
    text('CONTRIBUTING.md')
      .match(/^\| `.*$/gm)
      ?.join('\n') ?? ''
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(rooms.filter(({ name }) => !table.includes(`\`${name}/\``)).map(({ name }) => name)).toEqual([])
})

function policyErrors(path: string, policy: string): unknown[] {
  const parsed = parsePolicy({ path, text: policy }, digestOf)
  return 'problems' in parsed ? [...parsed.problems] : [...parsed.warnings]
}

function configErrors(config: string): unknown[] {
  const variables = [...config.matchAll(/\$\{([A-Z_0-9]+)\}/g)].map((match) => [
    match[1],
    'sk-shown-in-documentation',
  ])
  const parsed = parseConfig({
    file: { path: 'trimtab.yaml', text: config },
    environment: Object.fromEntries(variables),
    flags: {},
  })
  return parsed.kind === 'refused' ? [...parsed.problems] : [...parsed.warnings]
}
