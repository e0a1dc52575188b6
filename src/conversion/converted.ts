/** What a conversion of a request gives: the other API's body, and what that body could not say. */

export interface Converted {
  body: Record<string, unknown>
  /** What was dropped or changed, one short sentence each that names the field; for the decision record. */
  notes: readonly string[]
}
