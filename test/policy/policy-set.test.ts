import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchesGlob } from '../../src/access/glob.ts'
import { globsOverlap } from '../../src/policy/globs-overlap.ts'
import { readPolicies } from '../../src/policy/policy-set.ts'
import { problemLine } from '../../src/policy/problem.ts'
import { policySet, sha256 } from './support.ts'

function linesOf(files: Readonly<Record<string, string>>): string[] {
  const given = Object.entries(files).map(([path, text]) => ({ path, text }))
  return readPolicies(given, sha256).problems.map(problemLine)
}

describe('readPolicies', () => {
  test('without files the default lets everything pass, with the defaults of the schema', () => {
    const set = policySet({})
    expect(set.inOrder).toEqual([])
    expect(set.default).toMatchObject({
      workflow: 'default',
      source: 'built-in',
      limits: {
        timeoutMs: 600_000,
        firstChunkMs: 300_000,
        betweenChunksMs: 300_000,
        connectMs: 5000,
        retries: 2,
      },
      fallback: { on: [429, '5xx', 'timeout', 'context_window', 'content_filter'] },
      route: { rules: [] },
    })
  })

  test('the default is default.yaml, whatever its workflow is called', () => {
    const set = policySet({ 'p/a.yaml': 'workflow: default', 'p/default.yaml': 'workflow: main' })
    expect(set.default.source).toBe('p/default.yaml')
    expect(set.byWorkflow.get('main')).toBe(set.default)
  })

  test('policies stand in the order of file names, not of paths or arrival', () => {
    const set = policySet({
      'z/10.yaml': '',
      'a/b.yaml': 'workflow: b',
      'y/A.yaml': '',
      'x/a.yaml': 'workflow: small-a',
    })
    expect(set.inOrder.map((policy) => policy.workflow)).toEqual(['10', 'A', 'small-a', 'b'])
  })

  test('two files of one workflow are an error at the second', () => {
    expect(linesOf({ 'p/a.yaml': 'workflow: x', 'p/b.yaml': 'limits: {}\nworkflow: x' })).toEqual([
      'p/b.yaml:2:11  The workflow `x` is already in p/a.yaml; rename one.',
    ])
  })

  test('one broken file keeps the whole set from serving, and every file is told of', () => {
    const result = readPolicies(
      [
        { path: 'a.yaml', text: 'limit: {}' },
        { path: 'b.yaml', text: '' },
        { path: 'c.yaml', text: '[' },
      ],
      sha256,
    )
    expect(result.set).toBeUndefined()
    expect(result.problems.map((problem) => problem.file)).toEqual(['a.yaml', 'c.yaml'])
  })

  test('overlapping matches are a warning at the later file', () => {
    expect(
      linesOf({
        'a.yaml': 'match: { keys: ["team-*"] }',
        'b.yaml': 'limits: {}\nmatch: { keys: ["*-bot"], models: ["gpt-*"] }',
      }),
    ).toEqual(['b.yaml:2:1  warning: A request can match both `a` (a.yaml) and `b`; the first file wins.'])
  })

  test('matches that no request can meet together are no overlap', () => {
    expect(
      linesOf({
        'a.yaml': 'match: { keys: ["a-*"], tags: { job: x } }',
        'b.yaml': 'match: { keys: ["b-*"] }',
        'c.yaml': 'match: { tags: { job: y }, keys: ["a-1"] }',
        'd.yaml': 'match: {}',
        'e.yaml': '',
      }),
    ).toEqual([])
  })
})

test('globsOverlap agrees with trying every short text', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 4 })
  const texts = allTexts(['a', 'b'], 8)
  fc.assert(
    fc.property(pattern, pattern, (one, other) => {
      const witness = texts.some((text) => matchesGlob(one, text) && matchesGlob(other, text))
      expect(globsOverlap(one, other)).toBe(witness)
    }),
    { numRuns: 300 },
  )
})

function allTexts(letters: readonly string[], longest: number): string[] {
  let last = ['']
  const all = ['']
  for (let length = 1; length <= longest; length++) {
    last = last.flatMap((text) => letters.map((letter) => text + letter))
    all.push(...last)
  }
  return all
}
