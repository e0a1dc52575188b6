/** Slices of rooms that do not exist yet: they are read in full, so that a policy file outlives its version. */
import { closed, mode } from '../setting-values.ts'

export const prefixSchema = closed({
  mode: mode(['auto', 'off', 'explicit'])
    .describe('`explicit` leaves cache marks to the caller.')
    .default('auto'),
})
