/** The port to a tokenizer that counts, off the path, what a provider did not. */
import type { AnswerText } from '../openai/answer-text.ts'
import type { PromptText } from '../openai/prompt-text.ts'
import type { CountedBy } from './decision.ts'

/** Texts to count; whoever counts them keeps none. */
export interface Uncounted {
  /** As its provider knows it: decides by which encoding. */
  model: string
  prompt: PromptText
  /** Undefined where there is none to count, or none was kept. */
  answer: AnswerText | undefined
}

export interface TokenCounts {
  /** Of text. */
  input: number
  /** Undefined where there was no text of the answer. */
  output: number | undefined
  by: Exclude<CountedBy, 'characters'>
}

export interface TokenCounter {
  /** Never rejects; undefined where nobody could count in time, or too much waits already. */
  count(uncounted: Uncounted): Promise<TokenCounts | undefined>
}
