/** Tells a provider's stream in the words of the caller's API, event by event. */
import type { Frame } from './frame.ts'

export interface StreamConversion {
  push(event: { event: string | undefined; data: string }): readonly Frame[]
  /** After the provider's last event: what still has to be said. */
  end(): readonly Frame[]
}
