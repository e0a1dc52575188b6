/** The items of a JSON array whose end may be missing. */

/** The text of each item, the last as far as it is there. */
export function arrayItems(json: string): readonly string[] {
  const items: string[] = []
  let depth = 0
  let from = json.indexOf('[') + 1
  const take = (until: number): void => {
    const item = json.slice(from, until).trim()
    if (item !== '') items.push(item)
    from = until + 1
  }
  for (let at = from; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case 0x22:
        at = closingQuote(json, at)
        break
      case 0x5b:
      case 0x7b:
        depth++
        break
      case 0x5d:
      case 0x7d:
        if (depth === 0) {
          take(at)
          return items
        }
        depth--
        break
      case 0x2c:
        if (depth === 0) take(at)
        break
    }
  }
  take(json.length)
  return items
}

/** Index of the quote that ends the string which opens at `start`, or of the text's end. */
function closingQuote(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at >= 0; at = json.indexOf('"', at + 1)) {
    let backslashes = 0
    while (json.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++
    if (backslashes % 2 === 0) return at
  }
  return json.length
}
