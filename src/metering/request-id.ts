/** Names a request so that names sort by time. */

/** Crockford's alphabet: no i, l, o or u, and its order is that of the characters' codes. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Two characters at once: ten bits a look-up. */
const PAIRS: readonly string[] = Array.from(
  { length: 1024 },
  (_, bits) => ALPHABET.charAt(bits >>> 5) + ALPHABET.charAt(bits & 31),
)

const TWENTY_BITS = 2 ** 20

/** Ten characters tell this many milliseconds apart: until the year 37648. */
const TIMES = 2 ** 50

/**
 * `req_`, ten characters of time, sixteen of randomness.
 * `now` is Unix milliseconds, `random` gives numbers in [0, 1) as `Math.random` does.
 */
export function requestId(now: number, random: () => number): string {
  const high = Math.floor(now / TWENTY_BITS)
  return `req_${PAIRS[(high >>> 20) & 1023]}${fourCharacters(high)}${fourCharacters(now % TWENTY_BITS)}${fourRandom(random)}${fourRandom(random)}${fourRandom(random)}${fourRandom(random)}`
}

/**
 * The lowest name that a request of this millisecond can have, so that a span of time is a range of names.
 * `at` is Unix milliseconds; one that no name can hold gives a bound below, or above, every name.
 */
export function requestIdBound(at: number): string {
  if (at >= TIMES) return 'req_~'
  return requestId(Math.max(0, Math.ceil(at)), () => 0)
}

function fourRandom(random: () => number): string {
  return fourCharacters(random() * TWENTY_BITS)
}

/** The lowest twenty bits; a fraction is cut off. */
function fourCharacters(bits: number): string {
  return `${PAIRS[(bits >>> 10) & 1023]}${PAIRS[bits & 1023]}`
}
