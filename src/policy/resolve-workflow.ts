/** Which workflow a request belongs to, and so which policy decides about it. */
import { matchesAnyGlob } from '../access/glob.ts'
import { Failure } from '../errors.ts'
import type { WorkflowBy } from '../metering/decision.ts'
import type { Policy, PolicySet } from './policy.ts'
import { statesNothing } from './policy-set.ts'

export interface Asked {
  /** `x-trimtab-workflow` or one of its aliases. */
  header: string | undefined
  model: string | undefined
  keyName: string | undefined
  /** Workflows that the key was created for; undefined: all. */
  allowedWorkflows: readonly string[] | undefined
  tags: Readonly<Record<string, string>>
  metadata: Readonly<Record<string, unknown>>
  /** The caller's User-Agent. */
  client: string | undefined
}

export interface ResolvedWorkflow {
  /** The policy's workflow, or the caller's own label under the default policy. */
  workflow: string
  policy: Policy
  /** `model` is `auto` or the workflow's name, and so names no model of a provider. */
  modelNamesWorkflow: boolean
  /**
   * The route acts though its mode is `shadow`. A header alone does not ask for that: it is how
   * callers label traffic, and labelled traffic could then never be watched in shadow.
   */
  askedByName: boolean
  /** What told the workflow. */
  by: WorkflowBy
}

const MATCHED = 'auto'

/**
 * Header, then `model`, then `match` in file-name order, then the default.
 * @throws Failure `workflow_not_allowed` where the key is bound to other workflows,
 *   `invalid_request` where header and model name different ones
 */
export function resolveWorkflow(set: PolicySet, asked: Asked): ResolvedWorkflow {
  const permitted = permittedWorkflows(set, asked)
  const header = asked.header === MATCHED || asked.header === '' ? undefined : asked.header
  const byModel = asked.model === undefined ? undefined : set.byWorkflow.get(asked.model)
  const modelNamesWorkflow = byModel !== undefined || asked.model === MATCHED
  if (header !== undefined && byModel !== undefined && byModel.workflow !== header) {
    throw new Failure(
      'invalid_request',
      `The header asks for the workflow \`${header}\` and \`model\` for \`${byModel.workflow}\`; name one of them.`,
      { param: 'model' },
    )
  }
  const named = header === undefined ? byModel : set.byWorkflow.get(header)
  const matched =
    header === undefined && byModel === undefined ? matchedPolicy(set, asked, permitted) : undefined
  const policy = named ?? matched ?? set.default
  const workflow = header ?? policy.workflow
  if (permitted !== undefined && !permitted.includes(workflow)) throw notAllowed(workflow, permitted, asked)
  const by = header !== undefined ? 'header' : byModel ? 'model' : matched ? 'match' : 'default'
  return { workflow, policy, modelNamesWorkflow, askedByName: modelNamesWorkflow, by }
}

/** The key's own list where it has one, else the policies that name it; undefined: all. */
export function permittedWorkflows(
  set: PolicySet,
  { allowedWorkflows, keyName }: Pick<Asked, 'allowedWorkflows' | 'keyName'>,
): readonly string[] | undefined {
  if (allowedWorkflows !== undefined || keyName === undefined) return allowedWorkflows
  let naming: string[] | undefined
  for (const policy of set.inOrder) {
    if (!matchesAnyGlob(policy.match.keys, keyName)) continue
    naming ??= []
    naming.push(policy.workflow)
  }
  return naming
}

function matchedPolicy(
  set: PolicySet,
  asked: Asked,
  permitted: readonly string[] | undefined,
): Policy | undefined {
  for (const policy of set.inOrder) {
    if (permitted !== undefined && !permitted.includes(policy.workflow)) continue
    if (isMatch(policy.match, asked)) return policy
  }
  return undefined
}

function isMatch(match: Policy['match'], asked: Asked): boolean {
  if (statesNothing(match)) return false
  return (
    holds(match.keys, asked.keyName) &&
    holds(match.models, asked.model) &&
    holdsInAnyCase(match.clients, asked.client) &&
    namesHold(match.tags, asked.tags) &&
    namesHold(match.metadata, asked.metadata)
  )
}

function holds(globs: readonly string[], value: string | undefined): boolean {
  return globs.length === 0 || (value !== undefined && matchesAnyGlob(globs, value))
}

function holdsInAnyCase(globs: readonly string[], value: string | undefined): boolean {
  if (globs.length === 0) return true
  const lowered = value?.toLowerCase()
  return (
    lowered !== undefined &&
    matchesAnyGlob(
      globs.map((glob) => glob.toLowerCase()),
      lowered,
    )
  )
}

function namesHold(
  stated: Readonly<Record<string, readonly string[]>>,
  given: Readonly<Record<string, unknown>>,
): boolean {
  for (const name in stated) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined || typeof value === 'object') return false
    if (!holds(stated[name] ?? [], String(value))) return false
  }
  return true
}

function notAllowed(workflow: string, permitted: readonly string[], asked: Asked): Failure {
  const key = asked.keyName === undefined ? 'This key' : `The key \`${asked.keyName}\``
  return new Failure(
    'workflow_not_allowed',
    `${key} may not use the workflow \`${workflow}\`; it may use ${permitted.join(', ') || 'none'}.`,
  )
}
