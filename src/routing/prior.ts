/** The prior that ships: tells how hard a text is for a small model, where it is like those that this was learned on. */
import type { Classification, Classifier, Difficulty } from './classifier.ts'
import type { DifficultyModel } from './difficulty-model.ts'
import { HASHED_PLACES, type HashedFeatures, hashedFeatures } from './hashed-features.ts'
import { TextReading } from './text-reading.ts'
import { wordsThatMatter } from './words-that-matter.ts'

/** Beyond so many deviations a longer text says no more. */
const MOST_DEVIATIONS = 4
const MIDDLE = HASHED_PLACES / 2

interface Score {
  /** Above 0: like what was learned on. */
  likeness: number
  probability: number
}

export class Prior implements Classifier {
  readonly id: string
  readonly #model: DifficultyModel

  constructor(model: DifficultyModel) {
    this.#model = model
    this.id = `prior-${model.digest.slice(0, 16)}`
  }

  classify(text: string): Classification {
    return new TextReading(text, this)
  }

  difficulty(text: string): Difficulty {
    const { likeness, probability } = this.#score(text)
    return likeness > 0 ? probability : 'unknown'
  }

  /** Of features as `hashedFeatures` gives them, also of a text that difficulty is unknown of. */
  probabilityOf(features: HashedFeatures, characters: number): number {
    return this.#scoreOf(features, characters).probability
  }

  reasons(text: string): readonly string[] {
    const { likeness, probability } = this.#score(text)
    if (likeness <= 0) return [`unlike the exam questions that difficulty was learned on`]
    return wordsThatMatter(text, probability, (less) => this.#score(less).probability)
  }

  #score(text: string): Score {
    return this.#scoreOf(hashedFeatures(text), text.length)
  }

  /** Characters and words come to a half each, whatever their number, as in training. */
  #scoreOf({ ids, values, count }: HashedFeatures, characters: number): Score {
    const { weights, likenessWeights, rarityOf, difficulty, likeness } = this.#model
    let [hardOfRuns, likeOfRuns, sizeOfRuns] = [0, 0, 0]
    let [hardOfWords, likeOfWords, sizeOfWords] = [0, 0, 0]
    for (let at = 0; at < count; at++) {
      const id = ids[at] as number
      const value = (values[at] as number) * (rarityOf[id] as number)
      if (id < MIDDLE) {
        hardOfRuns += value * (weights[id] as number)
        likeOfRuns += value * (likenessWeights[id] as number)
        sizeOfRuns += value * value
      } else {
        hardOfWords += value * (weights[id] as number)
        likeOfWords += value * (likenessWeights[id] as number)
        sizeOfWords += value * value
      }
    }
    const ofRuns = Math.SQRT1_2 / Math.sqrt(sizeOfRuns || 1)
    const ofWords = Math.SQRT1_2 / Math.sqrt(sizeOfWords || 1)
    const { mean, deviation } = difficulty.lengths
    const length = Math.min(MOST_DEVIATIONS, (characters - mean) / deviation)
    const hard = difficulty.scale * (hardOfRuns * ofRuns + hardOfWords * ofWords)
    const like = likeness.scale * (likeOfRuns * ofRuns + likeOfWords * ofWords)
    const score = difficulty.mean + difficulty.length * length + hard
    return {
      likeness: likeness.mean + like - likeness.threshold,
      probability: 1 / (1 + Math.exp(-(difficulty.curve.slope * score + difficulty.curve.offset))),
    }
  }
}
