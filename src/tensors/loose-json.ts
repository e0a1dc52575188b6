/** JSON as TensorFlow Serving and Python write it: with bare `NaN`, `Infinity` and `-Infinity`, which JSON does not have. */

/** What stands for them while the rest is parsed; no server says it by itself. */
const MARK = '\u0000number:'
const QUOTE_OR_BARE = /"|-?\b(?:NaN|Infinity)\b/g
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Undefined where the text is no JSON even so. */
export function parseLooseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return parsedWithMarks(text)
  }
}

function parsedWithMarks(text: string): unknown {
  try {
    return JSON.parse(withMarks(text), (_, value: unknown) =>
      typeof value === 'string' && value.startsWith(MARK) ? Number(value.slice(MARK.length)) : value,
    )
  } catch {
    return undefined
  }
}

function withMarks(text: string): string {
  const next = new RegExp(QUOTE_OR_BARE)
  let marked = ''
  let done = 0
  for (let found = next.exec(text); found !== null; found = next.exec(text)) {
    const end = next.lastIndex
    if (found[0] === '"') {
      next.lastIndex = endOfString(text, end)
      continue
    }
    marked += text.slice(done, found.index) + JSON.stringify(MARK + found[0])
    done = end
  }
  return marked + text.slice(done)
}

/** By hand: an expression that matches whole strings runs out of stack in some megabytes of base64. */
function endOfString(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at + 1
    if (code === BACKSLASH) at++
  }
  return text.length
}
