/** Who is told how long requests wait for slots, for `/metrics`. */
import type { Refusal } from './slot.ts'

export interface SlotsObserver {
  /** Of each request to a bounded provider, of those that did not wait as well. */
  waited(provider: string, milliseconds: number): void
  /** Of each that got no slot. */
  refused(provider: string, why: Refusal): void
}
