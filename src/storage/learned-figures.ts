/** What audits say of the versions that are in force, for reports and advice. */
import type { LearnedFigures } from '../metering/reports.ts'
import { wilsonUpper } from '../metering/wilson.ts'
import type { LearnStore } from '../routing/learn/learn-store.ts'

/** Undefined where no version is in force. */
export function learnedFigures(store: LearnStore): readonly LearnedFigures[] | undefined {
  const figures = store.scopes().flatMap((scope): LearnedFigures[] => {
    const standing = store.standing(scope)
    if (standing === undefined || standing.inForce === 0) return []
    const { labels: audited = 0, begun = 0, lost = 0 } = standing.watch ?? {}
    const [loss, upper] = audited === 0 ? [null, null] : [lost / audited, wilsonUpper(lost, audited)]
    return [{ ...scope, version: standing.inForce, audited, begun, lost, loss, loss_upper: upper }]
  })
  return figures.length === 0 ? undefined : figures
}
