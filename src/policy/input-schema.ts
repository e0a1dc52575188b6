/** What a policy may leave out of requests. */
import { choice, closed, mode, wholeNumber } from '../setting-values.ts'

export const inputSchema = closed({
  minify_json: mode(['newest_turn', 'off'])
    .describe(
      'Take the white space out of JSON in the newest turn; in later requests it stays as it was sent.',
    )
    .optional(),
  drop_oldest: closed({
    above_tokens: wholeNumber(1).describe('Tokens of the request above which turns are left out.'),
    keep: choice(['system']).describe('What is never left out, besides the newest turn.').default('system'),
  })
    .describe('Leave the oldest turns of long conversations out.')
    .optional(),
})
