/** How a workflow's exact cache acts. */

/** `shadow` decides and counts only; `deterministic` remembers what a repeat would answer the same. */
type ExactMode = 'off' | 'shadow' | 'deterministic' | 'on'

export interface ExactPolicy {
  mode: ExactMode
  ttlMs: number
}
