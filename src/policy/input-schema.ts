/** What a policy may leave out of requests, and how it has media sent. */
import { z } from 'zod'
import { choice, closed, mode, mustBe, onOff, wholeNumber } from '../setting-values.ts'

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
  images: z
    .union(
      [
        mode(['downscale', 'off']),
        closed({
          max_edge: wholeNumber(16, 100_000).describe('Pixels of the longer side.').optional(),
          max_pixels: wholeNumber(256, 1_000_000_000).describe('Pixels in all.').optional(),
        }),
      ],
      { error: mustBe('`downscale`, `off`, or a mapping with `max_edge` or `max_pixels`') },
    )
    .describe('Make images as small as their provider does, or smaller; needs the package sharp.')
    .optional(),
  media_uuids: onOff()
    .describe('Send vLLM each image, sound and film once, and its uuid from then on.')
    .optional(),
})
