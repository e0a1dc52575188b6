/** Finds the short text fields of a form (RFC 7578) and where their values lie, and the file that an endpoint asks for. */

export interface FormField {
  value: string
  /** First byte of the value, and one past its last. */
  start: number
  end: number
}

/** Longer ones are no field that anything here reads. */
const MOST_VALUE_BYTES = 64 * 1024
const MOST_HEADER_BYTES = 16 * 1024
const CARRIAGE_RETURN = 0x0d
const DASH = 0x2d

/** By name, the first of each; empty where the body is not what its type says. */
export function multipartFields(bytes: Uint8Array, contentType: string): ReadonlyMap<string, FormField> {
  const fields = new Map<string, FormField>()
  for (const { headers, start, end } of parts(bytes, contentType)) {
    const name = fieldName(headers)
    if (name !== undefined && !fields.has(name) && end - start <= MOST_VALUE_BYTES) {
      fields.set(name, { value: decode(bytes.subarray(start, end)), start, end })
    }
  }
  return fields
}

/** What the first file of that name holds; undefined where there is none. */
export function multipartFile(bytes: Uint8Array, contentType: string, name: string): Uint8Array | undefined {
  for (const { headers, start, end } of parts(bytes, contentType)) {
    const disposition = dispositionOf(headers)
    if (disposition !== undefined && isFile(disposition) && nameIn(disposition) === name)
      return bytes.subarray(start, end)
  }
  return undefined
}

function* parts(
  bytes: Uint8Array,
  contentType: string,
): Generator<{ headers: string; start: number; end: number }> {
  const boundary = boundaryOf(contentType)
  if (boundary === undefined) return
  const encoder = new TextEncoder()
  const delimiter = encoder.encode(`\r\n--${boundary}`)
  const opening = delimiter.subarray(2)
  let at = startsWith(bytes, opening, 0) ? opening.length : after(bytes, delimiter, 0)
  while (at !== -1 && !(bytes[at] === DASH && bytes[at + 1] === DASH)) {
    const headersEnd = find(bytes, BLANK_LINE, at, at + MOST_HEADER_BYTES)
    if (headersEnd === -1) return
    const start = headersEnd + BLANK_LINE.length
    const end = find(bytes, delimiter, start, bytes.length)
    if (end === -1) return
    yield { headers: decode(bytes.subarray(at, headersEnd)), start, end }
    at = end + delimiter.length
  }
}

const BLANK_LINE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a)

/** At most 70 characters (RFC 2046, section 5.1.1). */
function boundaryOf(contentType: string): string | undefined {
  const found = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType)
  return found?.[1] ?? found?.[2]
}

/** Undefined for a file, which has a name of its own besides. */
function fieldName(headers: string): string | undefined {
  const disposition = dispositionOf(headers)
  return disposition === undefined || isFile(disposition) ? undefined : nameIn(disposition)
}

function dispositionOf(headers: string): string | undefined {
  return /^content-disposition:\s*form-data;(.*)$/im.exec(headers)?.[1]
}

function isFile(disposition: string): boolean {
  return /;?\s*filename\*?=/i.test(disposition)
}

function nameIn(disposition: string): string | undefined {
  const found = /(?:^|;)\s*name=(?:"([^"]*)"|([^\s;"]+))/i.exec(disposition)
  return found?.[1] ?? found?.[2]
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

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}
