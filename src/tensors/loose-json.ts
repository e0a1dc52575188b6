/** JSON as TensorFlow Serving and Python write it: with bare `NaN`, `Infinity` and `-Infinity`, which JSON does not have. */

/** What stands for them while the rest is parsed; no server says it by itself. */
const MARK = '\u0000number:'
const STRING_OR_BARE = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g

/** Undefined where the text is no JSON even so. */
export function parseLooseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return parsedWithMarks(text)
  }
}

function parsedWithMarks(text: string): unknown {
  const marked = text.replace(STRING_OR_BARE, (found) =>
    found.startsWith('"') ? found : JSON.stringify(MARK + found),
  )
  try {
    return JSON.parse(marked, (_, value: unknown) =>
      typeof value === 'string' && value.startsWith(MARK) ? Number(value.slice(MARK.length)) : value,
    )
  } catch {
    return undefined
  }
}
