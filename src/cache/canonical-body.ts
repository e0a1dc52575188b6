/** One text for all bodies that ask the same: members in order of their names, those without effect left out. */

/** Members of a body that cannot change the text of an answer. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'stream',
  'stream_options',
  'user',
  'safety_identifier',
  'metadata',
  'store',
  'prompt_cache_key',
  'prompt_cache_retention',
])
/** Of those, what has no effect on answers either that repeat their request. */
const NEVER_TOLD: ReadonlySet<string> = new Set(['stream', 'stream_options'])
const NO_MEMBERS: ReadonlySet<string> = new Set()
const FEW_NAMES = 16

/** One member of a body that is left open, so that bodies which differ there alone have one text. */
export interface Hole {
  holder: Readonly<Record<string, unknown>>
  member: string
}

/** What is written in a hole: no JSON, so that no value is taken for it. */
const OPEN = '?'

export interface CanonicalOptions {
  hole?: Hole
  /** The answer repeats members of its request, so that they count although they have no effect. */
  echoed?: boolean
}

/** Undefined where a number is beyond what a double holds: JSON's parsers would take it for another. */
export function canonicalBody(
  body: Readonly<Record<string, unknown>>,
  { hole, echoed = false }: CanonicalOptions = {},
): string | undefined {
  return canonicalObject(body, echoed ? NEVER_TOLD : WITHOUT_EFFECT, hole)
}

function canonical(value: unknown, hole: Hole | undefined): string | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : JSON.stringify(value)
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return Array.isArray(value)
    ? canonicalList(value, hole)
    : canonicalObject(value as Record<string, unknown>, NO_MEMBERS, hole)
}

function canonicalList(list: readonly unknown[], hole: Hole | undefined): string | undefined {
  let text = '['
  for (const item of list) {
    const inner = canonical(item, hole)
    if (inner === undefined) return undefined
    text += `${inner},`
  }
  return `${text}]`
}

function canonicalObject(
  object: Readonly<Record<string, unknown>>,
  leftOut: ReadonlySet<string>,
  hole: Hole | undefined,
): string | undefined {
  let text = '{'
  for (const name of sortedNames(object)) {
    if (leftOut.has(name)) continue
    const isOpen = hole !== undefined && hole.holder === object && hole.member === name
    const inner = isOpen ? OPEN : canonical(object[name], hole)
    if (inner === undefined) return undefined
    text += `${JSON.stringify(name)}:${inner},`
  }
  return `${text}}`
}

/** By insertion: most objects have a handful of members, and `sort` makes a copy of each. */
function sortedNames(object: Readonly<Record<string, unknown>>): string[] {
  const names = Object.keys(object)
  if (names.length > FEW_NAMES) return names.sort()
  for (let index = 1; index < names.length; index++) {
    const name = names[index] as string
    let at = index
    for (; at > 0 && (names[at - 1] as string) > name; at--) names[at] = names[at - 1] as string
    names[at] = name
  }
  return names
}
