/** Tells at a glance the chunks that make up most of a stream: whole events of text, with nothing to act on. */

/** Members whose value, unless null, must be read: how an answer ends, breaks or is counted, and content other than text. */
const TO_BE_READ =
  /"(?:finish_reason|error|usage|x_groq|detail|message|text|reasoning\w*|refusal|tool_calls|function_call|audio|images)"\s*:\s*(?!null)|"object"\s*:\s*"error"|\[DONE\]|[\\\r]/
const CONTENT = /"content"\s*:\s*"([^"]*)"/g

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * How many characters of text a chunk carries, where it is nothing but whole events of one `data` line with an
 * object that holds text; undefined where the chunk has to be read. Text with escapes has to be read as well, so
 * that what is found here is found by parsing too. The objects are not parsed: what is wrong inside one reaches
 * the caller as its provider wrote it.
 */
export function plainContentCharacters(chunk: Uint8Array): number | undefined {
  if (chunk[0] !== 0x64 || chunk[chunk.length - 1] !== 0x0a) return undefined // d, LF
  const text = decoder.decode(chunk)
  if (TO_BE_READ.test(text)) return undefined
  let characters = 0
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n\n', from)
    const isOneObject = text.startsWith('data: {', from) && text.charCodeAt(end - 1) === 0x7d
    if (!isOneObject || text.indexOf('\n', from) !== end) return undefined
    const found = contentCharacters(text, from, end)
    if (found === undefined) return undefined
    characters += found
    from = end + 2
  }
  return characters
}

function contentCharacters(text: string, from: number, end: number): number | undefined {
  let characters: number | undefined
  CONTENT.lastIndex = from
  for (let match = CONTENT.exec(text); match !== null && match.index < end; match = CONTENT.exec(text)) {
    characters = (characters ?? 0) + (match[1]?.length ?? 0)
  }
  return characters
}
