/** What a session or a tool loop keeps from one request to the next, as a policy states it. */

export interface Stickiness {
  /** Its tier and model. */
  model: boolean
  account: boolean
  replica: boolean
  /** Since its last answer. */
  idleMs: number
  /**
   * What must be saved by a cheaper model before it is taken: `auto` more than the lost prompt cache is worth, `off`
   * anything, else more than a sum.
   */
  switchPenalty: { kind: 'auto' } | { kind: 'off' } | { kind: 'fixed'; nanoUsd: number }
}
