/** Shared by the tests of this room. */
import { createHash } from 'node:crypto'
import { type ParsedPolicy, parsePolicy } from '../../src/policy/parse-policy.ts'
import type { PolicySet } from '../../src/policy/policy.ts'
import { readPolicies } from '../../src/policy/policy-set.ts'

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export function sound(text: string, path = 'policies/support.yaml'): ParsedPolicy {
  const result = parsePolicy({ path, text }, sha256)
  if ('problems' in result) throw new Error(JSON.stringify(result.problems, null, 2))
  return result
}

export function policySet(files: Readonly<Record<string, string>>): PolicySet {
  const { set, problems } = readPolicies(
    Object.entries(files).map(([path, text]) => ({ path, text })),
    sha256,
  )
  if (set === undefined) throw new Error(JSON.stringify(problems, null, 2))
  return set
}
