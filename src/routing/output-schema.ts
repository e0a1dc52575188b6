/** What a policy, or one of its rules, may say of answers. */
import { closed, mustBe, oneOrMany, text, wholeNumber } from '../setting-values.ts'

/** As many as every API takes. */
const MOST_SEQUENCES = 4

export const outputSchema = closed({
  max_tokens: wholeNumber(1).describe("Upper bound of an answer's length.").optional(),
  stop: oneOrMany(text())
    .refine((sequences) => sequences.length > 0 && sequences.length <= MOST_SEQUENCES, {
      error: mustBe(`one to ${MOST_SEQUENCES} texts`),
    })
    .describe('Texts at which an answer ends, where the caller states none.')
    .optional(),
})
