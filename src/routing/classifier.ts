/** The port to what is learned of texts: what a text asks for, and how hard it is for a small model. */
import type { Task } from '../reading/tasks.ts'

export interface Classification {
  task: Task
  /** ISO 639-1, such as `en`; `unknown` where too little is written. */
  language: string
  /** The text has code in it, or asks for some. */
  code: boolean
  /** Its answer is another one tomorrow. */
  timeDependent: boolean
  /**
   * Probability that a small model does not suffice where a large one would; `unknown` for a text unlike those that it was
   * learned on. Unknown counts as hard.
   */
  difficulty: Difficulty
  /** Found when asked for: what speaks for each of these most. */
  why(): Reasons
}

export type Difficulty = number | 'unknown'

/** By name of the fact: what of the text speaks for it, in a few words each, the strongest first. */
export type Reasons = Readonly<
  Record<'task' | 'language' | 'code' | 'timeDependent' | 'difficulty', readonly string[]>
>

export interface Classifier {
  /** Of the weights: figures of two ids are not comparable. */
  readonly id: string
  /** Takes tens of microseconds for a paragraph, below a millisecond for any text. */
  classify(text: string): Classification
}
