/** Words whose capitals are all that tells them apart, which embedders do not see: `mW` and `MW`, `turkey` and `Turkey`. */
import type { Token } from './tokens.ts'

const UNIT = /^(?:[mM](?:W|Wh|Hz|V|A|Pa|J|N|F|g|m|s|bps|Bps)|[MGTP]i?(?:[bB]|bps|Bps))$/
/** Names that are common words as well; of others a missing capital is haste. */
const NAME_OR_WORD = new Set('polish turkey china jersey mercury bath lent pole'.split(' '))
const NONE: ReadonlyMap<string, string> = new Map()

/** As written, by the same in lower case; only of writers who use capitals. */
export function capitalsOf(tokens: readonly Token[]): ReadonlyMap<string, string> {
  let found: Map<string, string> | undefined
  for (const token of tokens) {
    const { word, written } = token
    if (!UNIT.test(written) && !(NAME_OR_WORD.has(word) && !token.opensSentence && usesCapitals(tokens)))
      continue
    found ??= new Map()
    found.set(written.toLowerCase(), written)
  }
  return found ?? NONE
}

function usesCapitals(tokens: readonly Token[]): boolean {
  return (
    tokens.some(({ written }) => /^\p{Lu}/u.test(written)) &&
    tokens.some(({ written }) => /\p{Ll}$/u.test(written))
  )
}
