/** Slices of rooms that do not exist yet: they are read in full, so that a policy file outlives its version. */
import { choice, closed, duration, list, mode, numberBetween, onOff } from '../setting-values.ts'

export const escalateSchema = closed({
  when: closed({
    confidence: closed({ below: numberBetween(0, 1) })
      .describe('How sure the model was of its answer.')
      .optional(),
    refused: onOff().describe('The answer is a refusal.').optional(),
    invalid_json: onOff().describe('The answer breaks the JSON or tool schema asked for.').optional(),
  }),
})

export const sessionSchema = closed({
  stick: list(choice(['model', 'account', 'replica']))
    .describe('What a session keeps.')
    .optional(),
  idle: duration().describe('A session ends after this long without a request.').optional(),
})

export const prefixSchema = closed({
  mode: mode(['auto', 'off', 'explicit'])
    .describe('`explicit` leaves cache marks to the caller.')
    .default('auto'),
})
