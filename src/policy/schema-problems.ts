/** zod's issues as problems: one sentence at the line and column of what caused it. */
import type { z } from 'zod'
import { MISSING } from '../setting-values.ts'
import type { Problem } from './problem.ts'
import { type Path, pathLabel, type YamlText } from './yaml-text.ts'

type Issue = z.core.$ZodIssue

/** In the order of the file. */
export function schemaProblems(issues: readonly Issue[], yaml: YamlText): Problem[] {
  const found = issues.flatMap((issue) => findingsOf(issue, []))
  return found
    .filter((finding) => !isMisspelt(finding, found))
    .map(({ path, message, at }) => {
      const problem = yaml.problem(path, sentence(path, message), { at })
      return at === 'key' ? { ...problem, value: JSON.stringify(path.at(-1)) } : problem
    })
    .sort((one, other) => one.line - other.line || one.column - other.column)
}

interface Finding {
  path: Path
  /** The rest of the sentence after the key's name. */
  message: string
  at: 'key' | 'value'
}

function findingsOf(issue: Issue, parent: Path): Finding[] {
  const path = [...parent, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))]
  if (issue.code === 'unrecognized_keys') {
    // `closed` words one line for each key.
    const lines = issue.message.split('\n')
    return issue.keys.map((key, index) => ({ path: [...path, key], message: lines[index] ?? '', at: 'key' }))
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map(({ message }) => ({ path, message, at: 'key' }))
  }
  if (issue.code === 'invalid_union') {
    const meant = meantIssues(issue)
    if (meant.length > 0) return meant.flatMap((inner) => findingsOf(inner, path))
  }
  return [{ path, message: issue.message, at: 'value' }]
}

/** A key that is missing only because it is misspelt is one problem, not two. */
function isMisspelt(finding: Finding, all: readonly Finding[]): boolean {
  if (finding.message !== MISSING) return false
  const parent = JSON.stringify(finding.path.slice(0, -1))
  const hint = `did you mean \`${finding.path.at(-1)}\`?`
  return all.some(
    (other) =>
      other.at === 'key' &&
      other.message.endsWith(hint) &&
      JSON.stringify(other.path.slice(0, -1)) === parent,
  )
}

/** What to say of a value that no reading of a union takes; nothing where the union's own words are best. */
function meantIssues(union: Extract<Issue, { code: 'invalid_union' }>): readonly Issue[] {
  const fitting = likeliest(union.errors)
  const worded = union.message.startsWith('must ') || union.message === MISSING
  const deep = fitting?.some((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys')
  if (worded && !deep) return []
  return fitting ?? union.errors[0] ?? []
}

/** Of a union's readings, the one whose kind fits the value: mapping, list or single value. */
function likeliest(readings: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const fitting = readings.filter((issues) => issues.length > 0 && !issues.some(isWrongKind))
  return fitting.sort((one, other) => one.length - other.length)[0]
}

function isWrongKind(issue: Issue): boolean {
  if (issue.path.length > 0) return false
  if (issue.code === 'invalid_union') return likeliest(issue.errors) === undefined
  if (issue.code === 'invalid_value') return typeof issue.input === 'object'
  return issue.code === 'invalid_type'
}

function sentence(path: Path, message: string): string {
  const name = pathLabel(path)
  const stop = message.endsWith('?') ? '' : '.'
  return name === '' ? `The policy ${message}${stop}` : `\`${name}\` ${message}${stop}`
}
