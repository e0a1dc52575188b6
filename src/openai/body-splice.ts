/** Pieces of a body taken out or replaced, all other bytes kept. */
import { concatenate } from './concatenate.ts'
import type { NamedMember } from './scan-members.ts'

export interface Splice {
  start: number
  end: number
  text: string
}

/** At least one member stays. A removed run takes its commas along: up to the next kept member, or from the last kept one on. */
export function removals(members: readonly NamedMember[], isRemoved: (name: string) => boolean): Splice[] {
  const splices: Splice[] = []
  let runStart: number | undefined
  let lastKeptEnd: number | undefined
  for (const member of members) {
    if (isRemoved(member.name)) {
      runStart ??= member.keyStart
      continue
    }
    if (runStart !== undefined) splices.push({ start: runStart, end: member.keyStart, text: '' })
    runStart = undefined
    lastKeptEnd = member.valueEnd
  }
  const last = members.at(-1)
  if (runStart !== undefined && last !== undefined && lastKeptEnd !== undefined) {
    splices.push({ start: lastKeptEnd, end: last.valueEnd, text: '' })
  }
  return splices
}

export function splice(bytes: Uint8Array, splices: readonly Splice[]): Uint8Array {
  const encoder = new TextEncoder()
  // Where an edit ends and an addition starts at the same byte, the stable sort keeps their order.
  const inOrder = splices.toSorted((one, other) => one.start - other.start || one.end - other.end)
  const parts: Uint8Array[] = []
  let from = 0
  for (const { start, end, text } of inOrder) {
    parts.push(bytes.subarray(from, start), encoder.encode(text))
    from = end
  }
  parts.push(bytes.subarray(from))
  return concatenate(parts)
}
