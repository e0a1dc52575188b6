/** What learning made of a request, for its decision record. */
import type { LearningNote } from '../../metering/decision.ts'
import type { LearnedPlan } from '../../routing/learn/learned-tiers.ts'

export function learnedNote({ scope, small, large, beginning }: LearnedPlan): LearningNote {
  const { at, reason, version, score, cut, difficulty } = beginning
  const begins = at === 'small' ? small.tier : large.tier
  return { begins, reason, version, score, cut, difficulty, pair: scope.pair }
}
