/** How hard a version finds a request: as a number, and by which of its words. */
import type { LearnedDifficulty } from '../facts.ts'
import { wordsThatMatter } from '../words-that-matter.ts'
import { probabilityOf } from './calibration.ts'
import { type Deciding, decidedScore, SCREENED } from './deciding.ts'
import { type LabelReaders, type LearnText, labelFeatures } from './label-features.ts'
import type { Version } from './learn-store.ts'

/** A version with what it decides by. */
export interface InForce {
  version: Version
  deciding: Deciding
}

/** Higher scores are harder; `difficulty` is the probability that the small tier's answer is another than the large one's. */
export function toldBy(
  { version: { calibration, screen }, deciding }: InForce,
  asked: LearnText,
  readers: LabelReaders,
): { score: number; difficulty: number } {
  const score = decidedScore(labelFeatures(asked, readers), deciding)
  const isScreened = screen !== undefined && score === SCREENED
  return { score, difficulty: isScreened ? screen.lost : probabilityOf(score, calibration) }
}

export function toldDifficulty(by: InForce, asked: LearnText, readers: LabelReaders): LearnedDifficulty {
  const difficultyOf = (text: string): number => toldBy(by, { ...asked, text }, readers).difficulty
  const difficulty = difficultyOf(asked.text)
  const { number: version } = by.version
  return {
    difficulty,
    version,
    why: () => [
      `version ${version}, learned of the workflow's own traffic`,
      ...wordsThatMatter(asked.text, difficulty, difficultyOf),
    ],
  }
}
