/** The port to output items of answers that were said in the words of the Responses API: a later request may refer to them. */

export interface ToldItems {
  /** Undefined for an item that was never told here, not to this tenant, or too long ago. */
  find(id: string): Readonly<Record<string, unknown>> | undefined
  remember(items: readonly Readonly<Record<string, unknown>>[]): void
}
