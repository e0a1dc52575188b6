/** Models are answered under the name of their snapshot, and priced and reported under the one they are asked by. */
import type { Pricer } from './price.ts'

const SNAPSHOT = /-\d{4}-\d{2}-\d{2}$/

/** `answered`, unless a price is known for its name without a date. */
export function askedModel(
  pricer: Pricer,
  subject: Omit<Parameters<Pricer['list']>[0], 'model'>,
  answered: string,
): string {
  const asked = answered.replace(SNAPSHOT, '')
  return pricer.list({ ...subject, model: asked }) === undefined ? answered : asked
}
