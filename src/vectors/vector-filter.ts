/** Which entries a filter means. */
import type { VectorFilter, VectorLabels } from './vector-index.ts'

/** Those that fit all that is given. */
export function fits(
  entry: Pick<VectorLabels, 'tenant' | 'workflow' | 'keyName' | 'tags'>,
  { tenant, workflow, keyName, tags = {} }: VectorFilter,
): boolean {
  return (
    (tenant === undefined || entry.tenant === tenant) &&
    (workflow === undefined || entry.workflow === workflow) &&
    (keyName === undefined || entry.keyName === keyName) &&
    Object.entries(tags).every(([name, value]) => entry.tags[name] === value)
  )
}
