/** Requests about sounds and images: which of them may be remembered, and by what, since their bytes are no text. */
import { decode, type FormPart, formParts } from '../openai/form-parts.ts'
import type { PassedRequest } from '../openai/passed-request.ts'
import type { PassedEndpoint } from '../openai/passed-table.ts'

/** Larger ones are not hashed. */
export const MOST_MEDIA_BYTES = 64 * 1024 * 1024
const MOST_TEXT_BYTES = 64 * 1024

/** What only answers, and keeps nothing. */
const MEDIA: ReadonlySet<PassedEndpoint> = new Set([
  'audio/transcriptions',
  'audio/translations',
  'audio/speech',
  'images/generations',
  'images/edits',
  'images/variations',
])
/** Those whose temperature is 0 where nobody states one. */
const HEARING: ReadonlySet<PassedEndpoint> = new Set(['audio/transcriptions', 'audio/translations'])
/** Members that say where the bytes are: what lies there may be another thing the next time. */
const PLACES = ['url', 'file_url', 'audio_url']

export function isMedia({ endpoint }: PassedRequest): boolean {
  return MEDIA.has(endpoint)
}

/** Whether a repeat would be answered the same: nothing is drawn by lot, and all that is heard is in the request. */
export function isDeterministicMedia({ endpoint, body }: PassedRequest): boolean {
  if (!HEARING.has(endpoint) || PLACES.some((name) => body[name] !== undefined)) return false
  const { temperature } = body
  return temperature === undefined || (String(temperature).trim() !== '' && Number(temperature) === 0)
}

/** Hex, or whatever names bytes as surely. */
export type BytesDigest = (bytes: Uint8Array) => Promise<string>

/**
 * A body that two forms have in common exactly where their fields and the bytes of their files are the same, however they
 * were written: neither boundaries nor names of files count, only how those end, because it tells servers the format.
 * @returns undefined where the request is no whole form, and no JSON either
 */
export async function mediaBody(
  { bytes, members, body }: PassedRequest,
  contentType: string | undefined,
  digest: BytesDigest,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (members.size > 0) return body
  const parts = wholeForm(bytes, contentType ?? '')
  if (parts === undefined) return undefined
  const fields = new Map<string, unknown[]>()
  for (const part of parts) {
    const value = await contentOf(part, bytes, digest)
    const known = fields.get(part.name)
    if (known === undefined) fields.set(part.name, [value])
    else known.push(value)
  }
  return Object.fromEntries(fields)
}

function wholeForm(bytes: Uint8Array, contentType: string): readonly FormPart[] | undefined {
  const parts: FormPart[] = []
  const found = formParts(bytes, contentType)
  for (let next = found.next(); ; next = found.next()) {
    if (next.done === true) return next.value && parts.length > 0 ? parts : undefined
    parts.push(next.value)
  }
}

async function contentOf(
  { filename, start, end }: FormPart,
  bytes: Uint8Array,
  digest: BytesDigest,
): Promise<unknown> {
  const value = bytes.subarray(start, end)
  if (filename === undefined && value.byteLength <= MOST_TEXT_BYTES) return decode(value)
  const ending = /\.([A-Za-z0-9]{1,10})$/.exec(filename ?? '')?.[1]?.toLowerCase()
  return { sha256: await digest(value), ending }
}

/** Images that are told as addresses: those are gone before the answer is. */
export function isOfAddresses({ endpoint }: PassedRequest, answer: Uint8Array): boolean {
  return endpoint.startsWith('images/') && /"url"\s*:\s*"https?:/.test(decode(answer))
}
