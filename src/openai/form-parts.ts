/** Finds the parts of a form (RFC 7578) in its bytes: text fields and files, where each lies, copied by nobody. */

export interface FormPart {
  name: string
  /** Undefined for a text field. */
  filename: string | undefined
  /** First byte of the value, and one past its last. */
  start: number
  end: number
}

const MOST_HEADER_BYTES = 16 * 1024
const CARRIAGE_RETURN = 0x0d
const DASH = 0x2d
const BLANK_LINE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a)

/** In their order. @returns at the end: whether the form came to its own end, so that these are all its parts */
export function* formParts(bytes: Uint8Array, contentType: string): Generator<FormPart, boolean> {
  const boundary = boundaryOf(contentType)
  if (boundary === undefined) return false
  const encoder = new TextEncoder()
  const delimiter = encoder.encode(`\r\n--${boundary}`)
  const opening = delimiter.subarray(2)
  let at = startsWith(bytes, opening, 0) ? opening.length : after(bytes, delimiter, 0)
  while (at !== -1 && !(bytes[at] === DASH && bytes[at + 1] === DASH)) {
    const headersEnd = find(bytes, BLANK_LINE, at, at + MOST_HEADER_BYTES)
    if (headersEnd === -1) return false
    const start = headersEnd + BLANK_LINE.length
    const end = find(bytes, delimiter, start, bytes.length)
    if (end === -1) return false
    const named = namesOf(decode(bytes.subarray(at, headersEnd)))
    if (named !== undefined) yield { ...named, start, end }
    at = end + delimiter.length
  }
  return at !== -1
}

/** Where the first file begins, found without looking through it; undefined where there is none. */
export function firstFileStart(bytes: Uint8Array, contentType: string): number | undefined {
  const boundary = boundaryOf(contentType)
  if (boundary === undefined) return undefined
  const delimiter = new TextEncoder().encode(`\r\n--${boundary}`)
  let at = startsWith(bytes, delimiter.subarray(2), 0) ? delimiter.length - 2 : after(bytes, delimiter, 0)
  while (at !== -1) {
    const headersEnd = find(bytes, BLANK_LINE, at, at + MOST_HEADER_BYTES)
    if (headersEnd === -1) return undefined
    const start = headersEnd + BLANK_LINE.length
    if (namesOf(decode(bytes.subarray(at, headersEnd)))?.filename !== undefined) return start
    at = after(bytes, delimiter, start)
  }
  return undefined
}

/** At most 70 characters (RFC 2046, section 5.1.1). */
function boundaryOf(contentType: string): string | undefined {
  const found = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType)
  return found?.[1] ?? found?.[2]
}

/** A file has a name of its own besides its field's. */
function namesOf(headers: string): Pick<FormPart, 'name' | 'filename'> | undefined {
  const disposition = /^content-disposition:\s*form-data;(.*)$/im.exec(headers)?.[1]
  if (disposition === undefined) return undefined
  const name = /(?:^|;)\s*name=(?:"([^"]*)"|([^\s;"]+))/i.exec(disposition)
  const filename = /;?\s*filename\*?=(?:"([^"]*)"|([^\s;"]*))/i.exec(disposition)
  const isNamed = name?.[1] ?? name?.[2]
  if (isNamed === undefined) return undefined
  return { name: isNamed, filename: filename === null ? undefined : (filename[1] ?? filename[2] ?? '') }
}

function after(bytes: Uint8Array, pattern: Uint8Array, from: number): number {
  const found = find(bytes, pattern, from, bytes.length)
  return found === -1 ? -1 : found + pattern.length
}

/** Both patterns begin with a return, which the engine's own search finds many times faster than a loop. */
function find(bytes: Uint8Array, pattern: Uint8Array, from: number, until: number): number {
  for (
    let at = bytes.indexOf(CARRIAGE_RETURN, from);
    at !== -1;
    at = bytes.indexOf(CARRIAGE_RETURN, at + 1)
  ) {
    if (at >= until) return -1
    if (startsWith(bytes, pattern, at)) return at
  }
  return -1
}

function startsWith(bytes: Uint8Array, pattern: Uint8Array, at: number): boolean {
  for (let index = 0; index < pattern.length; index++) {
    if (bytes[at + index] !== pattern[index]) return false
  }
  return true
}

/** Of a part's value, or of its head. */
export function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}
