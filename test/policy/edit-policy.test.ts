import { describe, expect, test } from 'vitest'
import { type EditedValue, editPolicy } from '../../src/policy/edit-policy.ts'
import type { Path } from '../../src/policy/yaml-text.ts'

const BLOCK = `# of support
workflow: support   # its name

cache:
  exact:
    mode: shadow  # for now
route:
  mode: "shadow"
  rules:
    - name: easy
      when: { difficulty: { below: 0.35 } }
      to:
        - small
        - large
`

const cases: [what: string, text: string, path: Path, value: EditedValue, line: string][] = [
  ['a plain value', BLOCK, ['cache', 'exact', 'mode'], 'deterministic', '    mode: deterministic  # for now'],
  ['a quoted value', BLOCK, ['route', 'mode'], 'on', '  mode: on'],
  [
    'a number in a flow mapping',
    BLOCK,
    ['route', 'rules', 0, 'when', 'difficulty', 'below'],
    0.4,
    '      when: { difficulty: { below: 0.4 } }',
  ],
  ['a missing member', BLOCK, ['cache', 'semantic', 'mode'], 'on', '  semantic: { mode: on }'],
  ['a missing mapping', 'workflow: a\n', ['cache', 'exact', 'mode'], 'on', 'cache: { exact: { mode: on } }'],
  [
    'a member of an empty flow mapping',
    'cache: {}\n',
    ['cache', 'exact', 'mode'],
    'on',
    'cache: { exact: { mode: on } }',
  ],
  ['an empty file', '# nothing yet', ['route', 'mode'], 'on', 'route: { mode: on }'],
]

describe('editPolicy', () => {
  test.each(cases)('sets %s, and touches no other line', (_, text, path, value, line) => {
    const edited = editPolicy(text, path, value)
    const before = text.split('\n').filter((one) => one !== '')
    const after = (edited ?? '').split('\n').filter((one) => one !== '')
    expect(after).toContain(line)
    expect(after.filter((one) => !before.includes(one))).toEqual([line])
  })

  test('replaces a list as a whole, whatever its style', () => {
    const edited = editPolicy(BLOCK, ['route', 'rules', 0, 'to'], ['large'])
    expect(edited).toContain('      to:\n        [large]')
    expect(editPolicy('route: [{ to: [small, large] }]\n', ['route', 0, 'to'], ['large'])).toBe(
      'route: [{ to: [large] }]\n',
    )
  })

  test.each([
    ['an anchor stands there', 'tiers: &t { a: 1 }\ncache: { exact: *t }\n'],
    ['the mapping was never filled in', 'cache:\n'],
    ['the text is broken', 'cache: {'],
  ])('leaves it to a person where %s', (_, text) => {
    expect(editPolicy(text, ['cache', 'exact', 'mode'], 'on')).toBeUndefined()
  })
})
