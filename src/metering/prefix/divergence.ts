/** Where a prompt first differs from an earlier one, and what seems to differ there. */
import type { Changing, ChangingKind } from './changing.ts'
import { LINK_CHARACTERS } from './digest-chain.ts'
import type { LaidOut, PromptPlace } from './lay-out.ts'

/**
 * `end`: it goes on from the earlier one, or asks another thing after the same beginning. `conversation`: it begins
 * another one. The others keep providers from reading what comes after.
 */
export type DivergencePlace = 'tools' | 'system' | 'message' | 'conversation' | 'end'

export interface Divergence {
  place: DivergencePlace
  /** Index of the message; 0 where the place is none. */
  message: number
  /** Characters from the begin of the place; a link's length at most before what differs. */
  character: number
  what: ChangingKind
}

interface Differing {
  laidOut: LaidOut
  /** How much of its text is the same, in characters. */
  shared: number
  /** Of its text without what changes, up to which of its characters that is the same. */
  steady: number
  changing: readonly Changing[]
  /** Messages of the earlier prompt. */
  messages: number
  sameSession: boolean
}

export const AT_END: Divergence = { place: 'end', message: 0, character: 0, what: 'text' }

export function divergenceAt({
  laidOut,
  shared,
  steady,
  changing,
  messages,
  sameSession,
}: Differing): Divergence {
  // What changes explains the difference where all the rest goes on being the same.
  const item =
    steady > shared + LINK_CHARACTERS
      ? changing.find(({ at, end }) => end > shared && at < shared + LINK_CHARACTERS)
      : undefined
  const at = item === undefined ? shared : Math.max(item.at, placeAt(laidOut.places, shared).at)
  const place = placeAt(laidOut.places, at)
  return {
    place: kindOf(place, laidOut, { messages, sameSession, isChanging: item !== undefined }),
    message: place.index,
    character: Math.max(0, at - place.at),
    what: item?.kind ?? 'text',
  }
}

function kindOf(
  { part, index }: PromptPlace,
  { places }: LaidOut,
  { messages, sameSession, isChanging }: { messages: number; sameSession: boolean; isChanging: boolean },
): DivergencePlace {
  if (part !== 'messages') return part
  if (isChanging) return 'message'
  const last = Math.min(messages, (places.at(-1)?.index ?? 0) + 1) - 1
  if (index >= last) return 'end'
  const first = places.find((place) => place.part === 'messages')
  return index === first?.index && !sameSession ? 'conversation' : 'message'
}

function placeAt(places: readonly PromptPlace[], at: number): PromptPlace {
  let found = places[0] as PromptPlace // a text has at least one
  for (const place of places) if (place.at <= at) found = place
  return found
}
