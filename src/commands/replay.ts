/** `trimtab replay`: what recorded traffic would have come to under other policies. */

import type { PolicySet } from '../policy/policy.ts'
import { type ReplayParts, replay } from '../replay/replay.ts'
import type { Output } from './output.ts'
import { replayText } from './replay-text.ts'

export interface ReplayCommandParts extends Omit<ReplayParts, 'progress'> {
  policies: PolicySet
  /** Where they came from, for people. */
  place: string
  /** Unix milliseconds. */
  since: number
  until: number
  progress(done: number, whole: number): void
}

/** Returns the exit code: 1 where there is nothing to replay. */
export async function replayCommand(
  { workflow, json }: { workflow?: string | undefined; json?: boolean | undefined },
  { policies, place, since, until, ...parts }: ReplayCommandParts,
  output: Output,
): Promise<number> {
  const [result] = await replay([{ policies, workflow }], parts)
  if (result === undefined) return 1
  const span = { since: new Date(since).toISOString(), until: new Date(until).toISOString() }
  if (json === true) output.out(JSON.stringify({ ...span, policies: place, ...result }, null, 2))
  else if (result.requests === 0) {
    const whose = workflow === undefined ? '' : ` of the workflow ${workflow}`
    output.error(
      `No request${whose} was recorded since ${span.since}: look further back with --since, for instance --since 30d.`,
    )
  } else for (const line of replayText(result, { ...span, place })) output.out(line)
  return result.requests === 0 ? 1 : 0
}
