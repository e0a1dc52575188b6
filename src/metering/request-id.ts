/** Names a request so that names sort by time. */

/** Crockford's alphabet: no i, l, o or u, and its order is that of the characters' codes. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Two characters at once: ten bits a look-up. */
const PAIRS: readonly string[] = Array.from(
  { length: 1024 },
  (_, bits) => ALPHABET.charAt(bits >>> 5) + ALPHABET.charAt(bits & 31),
)

const TWENTY_BITS = 2 ** 20

/**
 * `req_`, ten characters of time, sixteen of randomness.
 * `now` is Unix milliseconds, `random` gives numbers in [0, 1) as `Math.random` does.
 */
export function requestId(now: number, random: () => number): string {
  const high = Math.floor(now / TWENTY_BITS)
  return `req_${PAIRS[(high >>> 20) & 1023]}${fourCharacters(high)}${fourCharacters(now % TWENTY_BITS)}${fourRandom(random)}${fourRandom(random)}${fourRandom(random)}${fourRandom(random)}`
}

function fourRandom(random: () => number): string {
  return fourCharacters(random() * TWENTY_BITS)
}

/** The lowest twenty bits; a fraction is cut off. */
function fourCharacters(bits: number): string {
  return `${PAIRS[(bits >>> 10) & 1023]}${PAIRS[bits & 1023]}`
}
