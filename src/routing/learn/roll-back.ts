/** Takes the version in force back by hand, for another one or for none. */
import type { LearnStore, Scope, Version } from './learn-store.ts'

export type RolledBack =
  | { kind: 'rolled back'; from: number; to: number }
  | { kind: 'nothing in force' }
  | { kind: 'no such version' }

/**
 * @param to number of a version; 0: none; undefined: the one before, or none
 * @param at Unix milliseconds
 */
export function rollBack(store: LearnStore, scope: Scope, to: number | undefined, at: number): RolledBack {
  return store.change(scope, '', (writer) => {
    const { standing } = writer
    const versions = store.versions(scope)
    const next = to ?? versionBefore(versions, standing.inForce)
    if (next > 0 && !versions.some(({ number }) => number === next)) return { kind: 'no such version' }
    if (standing.inForce === 0 && next === 0) return { kind: 'nothing in force' }
    if (standing.inForce > 0) writer.setStatus(standing.inForce, 'rolled back', at)
    if (next > 0) writer.setStatus(next, 'in force', at)
    // The next version is held to labels that are yet to come: whoever rolls back knows something that these do not.
    writer.save({ ...standing, inForce: next, watch: undefined, lookedAt: store.newestLabel() })
    return { kind: 'rolled back', from: standing.inForce, to: next }
  })
}

function versionBefore(versions: readonly Version[], inForce: number): number {
  return versions.findLast(({ number, status }) => number < inForce && status === 'replaced')?.number ?? 0
}
