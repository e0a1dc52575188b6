/** Tells at a glance the chunks that make up most of a stream: whole events of text, with nothing to act on. */

/** Members whose value, unless null, must be read: how an answer ends, breaks or is counted, and content other than text. */
const TO_BE_READ =
  /"(?:finish_reason|error|usage|x_groq|detail|message|text|reasoning\w*|refusal|tool_calls|function_call|audio|images)"\s*:\s*(?!null)|"object"\s*:\s*"error"|\[DONE\]|[\\\r]/
const CONTENT = /"content"\s*:\s*"([^"]*)"/g

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20
const CONTINUES = 0x80
const NOTHING = new Uint8Array(0)
/** Streams whose chunks differ in more than their text are not learned from for ever. */
const MOST_LESSONS = 4

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Of one stream: its chunks are mostly alike but for their text, so that most need only be compared with one before. */
export class PlainContent {
  /** Bytes of an event ahead of its text, and those after it. */
  #before: Uint8Array = NOTHING
  #after: Uint8Array = NOTHING
  #lessons = 0

  /**
   * How many characters of text a chunk carries, where it is nothing but whole events of one `data` line with an
   * object that holds text; undefined where the chunk has to be read. Text with escapes has to be read as well, so
   * that what is found here is found by parsing too. The objects are not parsed: what is wrong inside one reaches
   * the caller as its provider wrote it.
   */
  characters(chunk: Uint8Array): number | undefined {
    if (this.#lessons === 0) return this.#read(chunk)
    return this.#compare(chunk) ?? this.#read(chunk)
  }

  /** UTF-16 units, as strings have. */
  #compare(chunk: Uint8Array): number | undefined {
    const { length } = chunk
    let characters = 0
    let at = 0
    while (at < length) {
      if (!standsAt(this.#before, chunk, at)) return undefined
      at += this.#before.length
      for (; at < length && chunk[at] !== QUOTE; at++) {
        const byte = chunk[at] as number
        if (byte === BACKSLASH || byte < SPACE) return undefined
        if ((byte & 0xc0) !== CONTINUES) characters += byte < 0xf0 ? 1 : 2
      }
      if (!standsAt(this.#after, chunk, at)) return undefined
      at += this.#after.length
    }
    return characters
  }

  #read(chunk: Uint8Array): number | undefined {
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
      if (end + 2 === text.length && from === 0) this.#learn(chunk, text)
      from = end + 2
    }
    return characters
  }

  /** From one event that is a chunk by itself, with one text. */
  #learn(chunk: Uint8Array, text: string): void {
    if (this.#lessons === MOST_LESSONS) return
    CONTENT.lastIndex = 0
    const match = CONTENT.exec(text)
    if (match === null || CONTENT.exec(text) !== null) return
    const end = match.index + match[0].length - 1
    const before = chunk.slice(0, end - (match[1]?.length ?? 0))
    const after = chunk.slice(chunk.length - (text.length - end))
    if (!isAscii(before) || !isAscii(after)) return
    this.#lessons++
    this.#before = before
    this.#after = after
  }
}

function standsAt(bytes: Uint8Array, chunk: Uint8Array, from: number): boolean {
  if (from + bytes.length > chunk.length) return false
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== chunk[from + at]) return false
  return true
}

/** Only then is a place in the text the same place in the bytes. */
function isAscii(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < CONTINUES)
}

function contentCharacters(text: string, from: number, end: number): number | undefined {
  let characters: number | undefined
  CONTENT.lastIndex = from
  for (let match = CONTENT.exec(text); match !== null && match.index < end; match = CONTENT.exec(text)) {
    characters = (characters ?? 0) + (match[1]?.length ?? 0)
  }
  return characters
}
