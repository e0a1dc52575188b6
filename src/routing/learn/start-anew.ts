/** What was learned on features that this release reads otherwise decides nothing any more: learning begins again from the start. */
import { freshStanding, type LearnStore, type Scope } from './learn-store.ts'

/**
 * Such scopes stand as if nothing had been learned, so that labels are soon taken again and no version is said to be in force
 * that nobody can read. Returns them.
 *
 * @param at Unix milliseconds
 * @throws where it cannot be written just now
 */
export function startAnew(store: LearnStore, scheme: string, at: number): readonly Scope[] {
  return store.scopes().filter((scope) => {
    if (!isOfAnother(store, scope, scheme)) return false
    return store.change(scope, scheme, (writer) => {
      // Another process may have done so meanwhile.
      if (!isOfAnother(store, scope, scheme)) return false
      for (const { number, status, scheme: its } of store.versions(scope))
        if (its !== scheme && (status === 'in force' || status === 'replaced'))
          writer.setStatus(number, 'reverted', at)
      writer.save(freshStanding())
      return true
    })
  })
}

/** It stands on labels, and none of them is of this scheme. */
function isOfAnother(store: LearnStore, scope: Scope, scheme: string): boolean {
  const standing = store.standing(scope)
  return standing !== undefined && standing.labels > 0 && store.count(scope, scheme, standing.unlearned) === 0
}
