/** All policy files of an installation → one set, or what is wrong with them. */
import { canariesOf, canaryProblems } from './canary.ts'
import { anyGlobsOverlap } from './globs-overlap.ts'
import { type DigestOf, fileStem, type ParsedPolicy, type PolicyFile, parsePolicy } from './parse-policy.ts'
import type { Policy, PolicySet } from './policy.ts'
import type { Problem } from './problem.ts'

export interface ReadPolicies {
  /** Undefined where a problem is an error. */
  set: PolicySet | undefined
  /** In file-name order; those of severity `error` keep the set from serving. */
  problems: readonly Problem[]
  /** What parsed, in file-name order, for checks beyond the files. */
  parsed: readonly ParsedPolicy[]
}

/** What serves where there is no file: everything passes, with the schema's defaults. */
export const BUILT_IN_POLICY: PolicyFile = { path: 'built-in', text: 'workflow: default' }

/** `digestOf` gives the hex SHA-256 of a text. */
export function readPolicies(files: readonly PolicyFile[], digestOf: DigestOf): ReadPolicies {
  const ordered = [...files].sort((one, other) => byFileName(one.path, other.path))
  const problems: Problem[] = []
  const parsed: ParsedPolicy[] = []
  for (const file of ordered) {
    const result = parsePolicy(file, digestOf)
    if ('problems' in result) {
      problems.push(...result.problems)
    } else {
      problems.push(...result.warnings)
      parsed.push(result)
    }
  }
  problems.push(...duplicateWorkflows(parsed), ...overlaps(parsed), ...canaryProblems(parsed))
  const broken = problems.some((problem) => problem.severity === 'error')
  return { set: broken ? undefined : toSet(parsed, digestOf), problems, parsed }
}

/** The set of an installation without files. */
export function builtInSet(digestOf: DigestOf): PolicySet {
  return toSet([], digestOf)
}

function toSet(parsed: readonly ParsedPolicy[], digestOf: DigestOf): PolicySet {
  const inOrder = parsed.map(({ policy }) => policy)
  const byWorkflow = new Map(inOrder.map((policy) => [policy.workflow, policy]))
  const fromFile = inOrder.find((policy) => fileStem(policy.source) === 'default')
  return {
    default: fromFile ?? byWorkflow.get('default') ?? builtInPolicy(digestOf),
    byWorkflow,
    inOrder,
    canaries: canariesOf(byWorkflow),
  }
}

function builtInPolicy(digestOf: DigestOf): Policy {
  const parsed = parsePolicy(BUILT_IN_POLICY, digestOf)
  if ('problems' in parsed) throw new Error(parsed.problems[0]?.message)
  return parsed.policy
}

function duplicateWorkflows(parsed: readonly ParsedPolicy[]): Problem[] {
  const first = new Map<string, string>()
  return parsed.flatMap(({ policy, yaml }) => {
    const earlier = first.get(policy.workflow)
    if (earlier === undefined) {
      first.set(policy.workflow, policy.source)
      return []
    }
    return [
      yaml.problem(['workflow'], `The workflow \`${policy.workflow}\` is already in ${earlier}; rename one.`),
    ]
  })
}

function overlaps(parsed: readonly ParsedPolicy[]): Problem[] {
  return parsed.flatMap(({ policy, yaml }, index) =>
    parsed
      .slice(0, index)
      .filter((earlier) => matchesOverlap(earlier.policy.match, policy.match))
      .map((earlier) => {
        const message = `A request can match both \`${earlier.policy.workflow}\` (${earlier.policy.source}) and \`${policy.workflow}\`; the first file wins.`
        return yaml.problem(['match'], message, { severity: 'warning', at: 'key' })
      }),
  )
}

/** Whether one request can match both; what only one of them states keeps nobody apart. */
function matchesOverlap(one: Policy['match'], other: Policy['match']): boolean {
  if (statesNothing(one) || statesNothing(other)) return false
  return (
    listsOverlap(one.keys, other.keys) &&
    listsOverlap(one.models, other.models) &&
    listsOverlap(one.clients, other.clients) &&
    namesOverlap(one.tags, other.tags) &&
    namesOverlap(one.metadata, other.metadata)
  )
}

/** A policy that matches by nothing is reached by its name alone. */
export function statesNothing(match: Policy['match']): boolean {
  return (
    match.keys.length === 0 &&
    match.models.length === 0 &&
    match.clients.length === 0 &&
    Object.keys(match.tags).length === 0 &&
    Object.keys(match.metadata).length === 0
  )
}

function listsOverlap(some: readonly string[], others: readonly string[]): boolean {
  return some.length === 0 || others.length === 0 || anyGlobsOverlap(some, others)
}

function namesOverlap(some: Policy['match']['tags'], others: Policy['match']['tags']): boolean {
  return Object.entries(some).every(([name, globs]) => listsOverlap(globs, others[name] ?? []))
}

/** By code units, so that the order is the same on every machine. */
function byFileName(one: string, other: string): number {
  const [oneName, otherName] = [one, other].map((path) => path.split(/[/\\]/).at(-1) ?? path)
  if (oneName === otherName) return one < other ? -1 : Number(one > other)
  return (oneName ?? '') < (otherName ?? '') ? -1 : 1
}
