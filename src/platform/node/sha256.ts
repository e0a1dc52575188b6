/** The digest that Node computes beside nothing else: no promise, and no buffer to be made. */
import { hash } from 'node:crypto'

/** Of a text in UTF-8, as lower-case hex (FIPS 180-4). */
export function sha256(text: string): string {
  return hash('sha256', text)
}
