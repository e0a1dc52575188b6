/** `trimtab policies log` and `policies rollback`: which policies were in force when, and how to have them again. */
import { Failure } from '../errors.ts'
import type { DigestOf, PolicyFile } from '../policy/parse-policy.ts'
import { type PastSet, type PolicyHistory, setOf } from '../policy/policy-history.ts'
import { readPolicies } from '../policy/policy-set.ts'
import { problemLine } from '../policy/problem.ts'
import type { Output } from './output.ts'
import { textTable } from './table.ts'

const SHOWN_DIGITS = 12
/** Of files and of changes, in a line of the table; `--json` has them all. */
const SHOWN_NAMES = 4

/** Members are those of `policies log --json`. */
interface LoggedSet {
  /** Counts from 1, the oldest; `rollback` takes it. */
  n: number
  /** ISO 8601, UTC. */
  at: string
  digest: string
  files: readonly string[]
  change: string
}

/** Prints every set, the latest last. Returns the exit code. */
export function policiesLog(
  { json }: { json?: boolean | undefined },
  history: PolicyHistory,
  output: Output,
): number {
  const sets = logged(history)
  if (json) output.out(JSON.stringify({ policies: sets }, null, 2))
  else if (sets.length === 0)
    output.out('No policy file was in force yet: `trimtab serve` keeps each set that is.')
  else {
    const columns = ['#', 'at (UTC)', 'digest', 'files', 'change'] as const
    const cells = sets.map(({ n, at, digest, files, change }) => [
      String(n),
      at.slice(0, 19).replace('T', ' '),
      digest.slice(0, SHOWN_DIGITS),
      shortList(files) || 'none',
      shortList(change.split(', ')),
    ])
    output.out(
      textTable(
        columns.map((title) => ({ title, align: 'left' })),
        cells,
      ),
    )
  }
  return 0
}

function shortList(parts: readonly string[]): string {
  const more = parts.length - SHOWN_NAMES
  return more > 1 ? `${parts.slice(0, SHOWN_NAMES).join(', ')} and ${more} more` : parts.join(', ')
}

export interface RollbackParts {
  history: PolicyHistory
  folder: string
  digestOf: DigestOf
  /** Unix milliseconds. */
  now: number
  /** The policy files that lie in the folder now. */
  readFiles(): Promise<readonly PolicyFile[]>
  /** Writes a policy file of the folder as a whole. */
  writeFile(name: string, text: string): void
  removeFile(name: string): void
}

/**
 * Writes an earlier set back, as a save that a running server takes like any other. What lies there now is kept
 * in the history first, sound or not. Returns the exit code.
 * @throws Failure `not_found` where no set is meant
 */
export async function policiesRollback(which: string, parts: RollbackParts, output: Output): Promise<number> {
  const { history, digestOf } = parts
  const target = chosen(history.list(), which)
  const files = target.files.map(({ name, digest }) => ({ path: name, text: history.text(digest) }))
  const broken = readPolicies(files, digestOf).problems.filter(({ severity }) => severity === 'error')
  if (broken.length > 0) {
    for (const problem of broken) output.error(problemLine(problem))
    output.error('This version cannot serve those policies, so nothing was written.')
    return 1
  }
  const present = setOf(await parts.readFiles(), digestOf, parts.now, false)
  if (present.set.digest === target.digest) {
    output.out(`${parts.folder} holds these policies already.`)
    return 0
  }
  if (!history.list().some(({ digest }) => digest === present.set.digest)) {
    history.add(present.set, present.texts)
  }
  writeBack(target, present.set, parts)
  const short = present.set.digest.slice(0, SHOWN_DIGITS)
  output.out(`${parts.folder} is as it was at ${new Date(target.at).toISOString()}.`)
  output.out(`To undo: trimtab policies rollback ${short}`)
  return 0
}

function writeBack(
  target: PastSet,
  present: PastSet,
  { history, writeFile, removeFile }: RollbackParts,
): void {
  const before = new Map(present.files.map(({ name, digest }) => [name, digest]))
  for (const { name, digest } of target.files) {
    if (before.get(name) !== digest) writeFile(name, history.text(digest))
  }
  const kept = new Set(target.files.map(({ name }) => name))
  for (const { name } of present.files) if (!kept.has(name)) removeFile(name)
}

/** A number of the log, or the beginning of a digest. */
function chosen(sets: readonly PastSet[], which: string): PastSet {
  const found = /^\d{1,5}$/.test(which)
    ? sets.slice(Number(which) - 1, Number(which))
    : /^[0-9a-f]{6,64}$/.test(which)
      ? sets.filter(({ digest }) => digest.startsWith(which))
      : []
  const [first] = found
  if (first !== undefined && found.every(({ digest }) => digest === first.digest)) return first
  throw new Failure(
    'not_found',
    `No policies ${JSON.stringify(which)} are in the history: \`trimtab policies log\` lists them.`,
  )
}

function logged(history: PolicyHistory): LoggedSet[] {
  const sets = history.list()
  return sets.map((set, index) => ({
    n: index + 1,
    at: new Date(set.at).toISOString(),
    digest: set.digest,
    files: set.files.map(({ name }) => name),
    change: change(set, index, sets, history),
  }))
}

/** One line: which files came, went and changed since the set before, and by how many lines. */
function change(set: PastSet, index: number, sets: readonly PastSet[], history: PolicyHistory): string {
  const before = sets[index - 1]
  if (before === undefined) return 'the first'
  const old = new Map(before.files.map(({ name, digest }) => [name, digest]))
  const now = new Map(set.files.map(({ name, digest }) => [name, digest]))
  const parts = [
    ...set.files.flatMap(({ name, digest }) => {
      const was = old.get(name)
      if (was === undefined) return [`added ${name}`]
      return was === digest
        ? []
        : [`changed ${name} (${lineCounts(history.text(was), history.text(digest))})`]
    }),
    ...before.files.filter(({ name }) => !now.has(name)).map(({ name }) => `removed ${name}`),
  ]
  const earlier = sets.slice(0, index).findIndex(({ digest }) => digest === set.digest)
  if (earlier >= 0) parts.push(`as #${earlier + 1}`)
  if (!set.inForce) parts.push('kept before a rollback')
  return parts.join(', ') || 'started again'
}

/** `+3 -1 lines`, order aside. */
function lineCounts(before: string, after: string): string {
  const count = (text: string, than: string): number => {
    const left = new Map<string, number>()
    for (const line of than.split('\n')) left.set(line, (left.get(line) ?? 0) + 1)
    return text.split('\n').filter((line) => {
      const copies = left.get(line) ?? 0
      left.set(line, copies - 1)
      return copies <= 0
    }).length
  }
  return `+${count(after, before)} -${count(before, after)} lines`
}
