/** What kind of answer a question asks for, as bits: a phrase that may ask for two kinds has both. */
import type { Token } from './tokens.ts'

const KIND = {
  thing: 1,
  person: 2,
  place: 4,
  time: 8,
  reason: 16,
  manner: 32,
  count: 64,
  amount: 128,
  duration: 256,
  distance: 512,
  frequency: 1024,
  age: 2048,
  truth: 4096,
  degree: 8192,
} as const

const AUXILIARY =
  /^(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|should|may|might|must|shall)$/
const BY_NOUN: readonly (readonly [RegExp, number])[] = [
  [/^(?:time|year|date|day|month|century|decade|hour|period|era)$/, KIND.time],
  [
    /^(?:place|city|country|state|location|region|town|continent|area|part|street|planet|building|room)$/,
    KIND.place,
  ],
  [
    /^(?:person|people|man|woman|professor|president|king|queen|author|actor|actress|singer|player|scientist|leader|name|names|team|group|company)$/,
    KIND.person,
  ],
  [/^(?:reason|reasons|cause|causes|purpose|caused)$/, KIND.reason],
  [/^(?:way|ways|method|methods|steps|procedure|process|means|extent)$/, KIND.manner],
  [/^(?:number|count|total|quantity)$/, KIND.count],
  [/^(?:amount|price|cost|fee|salary|percentage|percent|population|size|rate)$/, KIND.amount | KIND.count],
  [/^(?:duration|length)$/, KIND.duration | KIND.distance],
  [/^(?:distance|height|depth|width|altitude|elevation)$/, KIND.distance],
  [/^(?:frequency)$/, KIND.frequency],
  [/^(?:age|ages)$/, KIND.age],
]
const AFTER_HOW = new Map<string, number>([
  ['many', KIND.count],
  ['much', KIND.amount | KIND.count],
  ['long', KIND.duration | KIND.distance],
  ['far', KIND.distance],
  ['often', KIND.frequency],
  ['frequently', KIND.frequency],
  ['old', KIND.age],
  ['come', KIND.reason],
  ['tall', KIND.distance],
  ['high', KIND.distance],
  ['deep', KIND.distance],
  ['wide', KIND.distance],
  ['big', KIND.amount | KIND.count],
  ['large', KIND.amount | KIND.count],
  ['soon', KIND.time | KIND.duration],
])

/** Every kind that it asks for, one a clause; 0 where no word says what is asked. */
export function askedKinds(tokens: readonly Token[]): readonly number[] {
  const kinds: number[] = []
  let opensClause = true
  for (let at = 0; at < tokens.length; at++) {
    const word = tokens[at]?.word ?? ''
    const kind = kindAt(tokens, at, opensClause || kinds.length === 0)
    if (kind !== 0) kinds.push(kind)
    opensClause = (tokens[at]?.endsClause ?? false) || word === 'and' || word === 'or'
  }
  if (kinds.length === 0 && isTruthAsked(tokens))
    kinds.push(tokens[1]?.word === 'there' ? KIND.truth | KIND.thing : KIND.truth)
  return kinds
}

function kindAt(tokens: readonly Token[], at: number, counts: boolean): number {
  if (!counts) return 0
  const word = tokens[at]?.word ?? ''
  const next = tokens[at + 1]?.word ?? ''
  switch (word) {
    case 'who':
    case 'whom':
    case 'whose':
      return KIND.person | (word === 'whose' ? KIND.thing : 0)
    case 'where':
      return KIND.place
    case 'when':
      // "When I start it, why …": the clause is a circumstance.
      return AUXILIARY.test(next) ? KIND.time : 0
    case 'why':
      return KIND.reason
    case 'how':
      return AFTER_HOW.get(next) ?? afterPlainHow(next)
    case 'what':
    case 'which':
      return KIND.thing | nounKind(tokens, at + 1)
    default:
      return 0
  }
}

function afterPlainHow(next: string): number {
  return AUXILIARY.test(next) || next === 'to' || next === 'i' || next === 'you' || next === ''
    ? KIND.manner
    : KIND.manner | KIND.degree
}

/** The first noun that says what kind of thing: "what is the best way", "which of the cities". */
function nounKind(tokens: readonly Token[], from: number): number {
  let kinds = 0
  for (let at = from; at < Math.min(tokens.length, from + 5); at++) {
    const word = tokens[at]?.word ?? ''
    for (const [nouns, kind] of BY_NOUN)
      if (nouns.test(word) || nouns.test(word.replace(/(?:ies|s)$/, ''))) kinds |= kind
    if (kinds !== 0 || tokens[at]?.endsClause) break
  }
  return kinds
}

function isTruthAsked(tokens: readonly Token[]): boolean {
  const [first, second] = [tokens[0]?.word ?? '', tokens[1]?.word ?? '']
  if (!AUXILIARY.test(first)) return false
  // "Can you list …" asks for the list.
  return !(/^(?:can|could|will|would)$/.test(first) && second === 'you')
}

/** Whether no answer could serve both: as many clauses, each of kinds that have nothing in common. */
export function kindsConflict(asked: readonly number[], remembered: readonly number[]): boolean {
  if (asked.length === 0 || remembered.length === 0) return false
  if (((asked[0] ?? 0) & (remembered[0] ?? 0)) === 0) return true
  return asked.length !== remembered.length && asked.length + remembered.length > 3
}
