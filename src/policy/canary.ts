/** A canary: a share of a workflow's requests follows another policy, and stays the workflow's in every other way. */

import { suggestion } from '../nearest-name.ts'
import type { Policy, PolicySet } from './policy.ts'
import type { Problem } from './problem.ts'
import type { ResolvedWorkflow } from './resolve-workflow.ts'
import { stableShare } from './stable-share.ts'
import type { YamlText } from './yaml-text.ts'

/**
 * The policy that decides a request of a workflow: its own, or its canary's.
 * `unit`: what stays together, such as a session; of the same unit all requests follow the same policy.
 */
export function followCanary(
  policies: PolicySet,
  resolved: ResolvedWorkflow,
  unit: string,
): ResolvedWorkflow {
  const { canary } = resolved.policy
  if (canary === undefined) return resolved
  const { workflow, modelNamesWorkflow, askedByName, by, policy } = resolved
  // Named by both, so that the units of one canary are not those of the next.
  if (stableShare(`${policy.workflow}\n${canary.workflow}\n${unit}`) >= canary.share) return resolved
  const followed = policies.canaries.get(policy.workflow)
  return followed === undefined
    ? resolved
    : { workflow, modelNamesWorkflow, askedByName, by, policy: followed }
}

/** By the workflow that has the canary: the policy it names, under the budgets of the workflow. */
export function canariesOf(byWorkflow: ReadonlyMap<string, Policy>): ReadonlyMap<string, Policy> {
  const canaries = new Map<string, Policy>()
  for (const { workflow, canary, budgets } of byWorkflow.values()) {
    const followed = canary && byWorkflow.get(canary.workflow)
    if (followed !== undefined) canaries.set(workflow, { ...followed, budgets })
  }
  return canaries
}

/** A canary must name another policy, which has none itself. */
export function canaryProblems(parsed: readonly { policy: Policy; yaml: YamlText }[]): Problem[] {
  const byWorkflow = new Map(parsed.map(({ policy }) => [policy.workflow, policy]))
  return parsed.flatMap(({ policy, yaml }) => {
    if (policy.canary === undefined) return []
    const message = canaryProblem(policy.workflow, policy.canary.workflow, byWorkflow)
    return message === undefined ? [] : [yaml.problem(['canary', 'policy'], message)]
  })
}

function canaryProblem(
  workflow: string,
  named: string,
  byWorkflow: ReadonlyMap<string, Policy>,
): string | undefined {
  const followed = byWorkflow.get(named)
  if (followed === undefined) {
    const names = [...byWorkflow.keys()].filter((name) => name !== workflow)
    const known = names.length > 0 ? `; the others are ${names.join(', ')}.` : '.'
    return `There is no policy \`${named}\`${suggestion(named, names) || known}`
  }
  if (named === workflow) return `The canary of \`${workflow}\` is itself; name another policy.`
  if (followed.canary === undefined) return undefined
  return `The canary \`${named}\` has a canary of its own; take \`canary\` out of ${followed.source}.`
}
