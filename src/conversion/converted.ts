/** A request said in another API's words. */

export interface Converted {
  body: Record<string, unknown>
  /** What could not be said and was left out or changed, one short sentence each. */
  notes: readonly string[]
}
