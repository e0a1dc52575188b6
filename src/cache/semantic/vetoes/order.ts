/** Veto on order: who does what to whom, from where to where. A true reordering keeps each word's part; a swap exchanges the parts. */
import type { ContentWord, QuestionReading } from '../question-reading.ts'
import { rolesConflict } from '../roles.ts'
import { areStrandedOtherwise } from './stranding.ts'

interface Placed {
  asked: ContentWord
  remembered: ContentWord
  /** Place among the remembered side's words. */
  place: number
}

export function areInOtherOrder(asked: QuestionReading, remembered: QuestionReading): boolean {
  if (areStrandedOtherwise(asked, remembered)) return true
  // Words said twice pair differently from either side.
  return isOtherOrder(asked, remembered) || isOtherOrder(remembered, asked)
}

function isOtherOrder(asked: QuestionReading, remembered: QuestionReading): boolean {
  const shared = sharedWords(asked, remembered)
  if (shared.some(({ asked: one, remembered: other }) => rolesConflict(one.role, other.role))) return true
  if (isVoiceChanged(shared)) return true
  if (!isOutOfOrder(shared)) return false
  if (
    asked.frame === remembered.frame &&
    shared.length === asked.words.length &&
    shared.length === remembered.words.length
  ) {
    return !areInversionsJoined(shared)
  }
  return hasExchange(shared)
}

/** Words that both say, each as often as the one that says it less, in the order in which they are asked. */
function sharedWords(asked: QuestionReading, remembered: QuestionReading): Placed[] {
  const shared: Placed[] = []
  for (const word of asked.words) {
    if (!remembered.terms.has(word.term)) continue
    const place = freePlaceOf(word.term, remembered.words, shared)
    if (place < 0) continue
    shared.push({ asked: word, remembered: remembered.words[place] as ContentWord, place })
  }
  return shared
}

function freePlaceOf(term: string, words: readonly ContentWord[], shared: readonly Placed[]): number {
  for (let place = 0; place < words.length; place++) {
    if (words[place]?.term === term && !isTaken(place, shared)) return place
  }
  return -1
}

function isTaken(at: number, shared: readonly Placed[]): boolean {
  for (const { place } of shared) if (place === at) return true
  return false
}

/** "A was replaced by B" beside "A replaced B": the doer is told on one side alone, and nothing has moved. */
function isVoiceChanged(shared: readonly Placed[]): boolean {
  return shared.some(({ asked, remembered, place }, index) => {
    const [one, other] = [asked.role, remembered.role]
    if (!((one === 'by' && other === '') || (one === '' && other === 'by')) || asked.term.startsWith('#'))
      return false
    return shared.slice(0, index).filter((before) => before.place < place && isBare(before)).length > 1
  })
}

function isOutOfOrder(shared: readonly Placed[]): boolean {
  let last = -1
  for (const { place } of shared) {
    if (place < last) return true
    last = place
  }
  return false
}

/** Whether all that changed places are items of one list: "A or B". */
function areInversionsJoined(shared: readonly Placed[]): boolean {
  return everyInversion(shared, (first, second) => areListed(first, second))
}

function hasExchange(shared: readonly Placed[]): boolean {
  return !everyInversion(shared, (first, second, between) => {
    if (areListed(first, second)) return true
    if (areRolesExchanged(first, second) || areOneCompound(first, second, between)) return false
    // Both bare, and what stood between them still does, the other way round.
    return !(
      isBare(first) &&
      isBare(second) &&
      between.some((word) => word.place < first.place && word.place > second.place)
    )
  })
}

function everyInversion(
  shared: readonly Placed[],
  holds: (first: Placed, second: Placed, between: readonly Placed[]) => boolean,
): boolean {
  for (let first = 0; first < shared.length; first++) {
    for (let second = first + 1; second < shared.length; second++) {
      const [one, other] = [shared[first] as Placed, shared[second] as Placed]
      if (one.place > other.place && !holds(one, other, shared.slice(first + 1, second))) return false
    }
  }
  return true
}

function areListed(first: Placed, second: Placed): boolean {
  const areJoined = (one: ContentWord, other: ContentWord): boolean =>
    one.phrase === other.phrase && one.part !== other.part
  return areJoined(first.asked, second.asked) && areJoined(first.remembered, second.remembered)
}

function areRolesExchanged(first: Placed, second: Placed): boolean {
  if (first.asked.role === second.asked.role) return false
  return first.asked.role === second.remembered.role && second.asked.role === first.remembered.role
}

/** Next to each other on both sides, with nothing between that could turn them: "milk chocolate". */
function areOneCompound(first: Placed, second: Placed, between: readonly Placed[]): boolean {
  if (between.length > 0 || first.place !== second.place + 1) return false
  if (first.asked.term.startsWith('#') || second.asked.term.startsWith('#')) return false
  return first.asked.part === second.asked.part && first.remembered.part === second.remembered.part
}

function isBare({ asked, remembered }: Placed): boolean {
  return asked.role === '' && remembered.role === ''
}
