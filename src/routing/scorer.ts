/** A classifier of the operator's own that tells how hard a request is, in place of the prior that ships. */

export interface Scorer {
  /** As it is asked for: `provider/model`, which has to answer moderations. */
  model: string
  /** Of its labels, the one whose score is the probability that a small model does not suffice. */
  label: string
  /** Beyond it the prior decides. */
  timeoutMs: number
}
