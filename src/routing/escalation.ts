/** When an answer does not suffice, so that the next tier is asked as well, as a policy states it. */

export interface Escalation {
  /** From 0 to 1; undefined: not looked at. */
  confidenceBelow: number | undefined
  refused: boolean
  /** The answer breaks the JSON, the schema or the tool's schema that was asked for. */
  invalidJson: boolean
  empty: boolean
  loops: boolean
  /** Nothing can be told to the caller after so long; undefined: there is no hurry. */
  slowerThanMs: number | undefined
  /** How much of a stream's answer is held back to be judged. */
  hold: { kind: 'tokens'; count: number } | { kind: 'whole' }
}
