/** Answers that an operator wrote (`cache warm`), told from those of a model. */
import type { RememberedAnswer } from './exact-store.ts'

/** In the place of a provider's name: no provider said this. */
export const OPERATOR = 'operator'

/** What a model would have said instead is no measure of it. */
export function isOperators({ provider }: Pick<RememberedAnswer, 'provider'>): boolean {
  return provider === OPERATOR
}
