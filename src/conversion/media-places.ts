/** Where a request carries images, sounds and films as base64, in the words of any of the three APIs. */

import { isObject } from '../openai/is-object.ts'
import type { ModelRequest } from '../openai/model-request.ts'
import { type NamedMember, scanArrayAt, scanObjectAt } from '../openai/scan-members.ts'
import { turnsOf } from '../openai/turns-of.ts'
import { readDataUrl } from './data-url.ts'

export interface MediaPlace {
  kind: 'image' | 'audio' | 'video'
  base64: string
  /** Ahead of it in the text that holds it: `data:image/png;base64,`, or nothing. */
  lead: string
  /** As the request states it. */
  detail: string | undefined
  /** Byte positions of that text, its quotes included. */
  start: number
  end: number
  /** In chat: the object that the part is, and the value of the member that is named like its type. */
  part: { start: number; valueStart: number; valueEnd: number; hasUuid: boolean } | undefined
}

const KINDS: Readonly<Record<string, MediaPlace['kind']>> = {
  image_url: 'image',
  input_image: 'image',
  image: 'image',
  audio_url: 'audio',
  video_url: 'video',
}

/** In which messages, and what tools gave back, hold parts. */
const HOLDERS = ['content', 'output']

interface Walk {
  bytes: Uint8Array
  found: MediaPlace[]
}

/** In the order of the request; what lies at an address elsewhere, and what a model is shown of a screen, is left out. */
export function mediaPlaces(request: ModelRequest): readonly MediaPlace[] {
  const walk: Walk = { bytes: request.bytes, found: [] }
  for (const { message, start } of turnsOf(request)?.messages ?? []) walkHolder(walk, message, start)
  return walk.found
}

function walkHolder(walk: Walk, value: unknown, start: number): void {
  if (!isObject(value)) return
  if (!HOLDERS.some((name) => Array.isArray(value[name]))) return
  for (const name of HOLDERS) {
    const parts = value[name]
    if (!Array.isArray(parts) || !parts.some(isObject)) continue
    const member = memberAt(walk.bytes, start, name)
    if (member === undefined) continue
    for (const [index, place] of scanArrayAt(walk.bytes, member.valueStart).entries())
      walkPart(walk, parts[index], place.start)
  }
}

function walkPart(walk: Walk, part: unknown, start: number): void {
  if (!isObject(part)) return
  const { type } = part
  const kind = typeof type === 'string' && Object.hasOwn(KINDS, type) ? KINDS[type] : undefined
  if (kind === undefined) walkHolder(walk, part, start)
  else if (type === 'image') addSource(walk, part, start)
  else addAddress(walk, part, { kind, type: String(type), start })
}

/** Anthropic's: base64 by itself. */
function addSource({ bytes, found }: Walk, { source }: Readonly<Record<string, unknown>>, at: number): void {
  if (!isObject(source) || source.type !== 'base64' || typeof source.data !== 'string') return
  const holder = memberAt(bytes, at, 'source')
  const data = holder && memberAt(bytes, holder.valueStart, 'data')
  if (data === undefined) return
  const { valueStart: start, valueEnd: end } = data
  found.push({ kind: 'image', base64: source.data, lead: '', detail: undefined, start, end, part: undefined })
}

/** OpenAI's: an address, within an object or as it is. */
function addAddress(
  { bytes, found }: Walk,
  part: Readonly<Record<string, unknown>>,
  { kind, type, start: at }: { kind: MediaPlace['kind']; type: string; start: number },
): void {
  const name = type === 'input_image' ? 'image_url' : type
  const held = part[name]
  const url = isObject(held) ? held.url : held
  const inline = typeof url === 'string' ? readDataUrl(url) : undefined
  const holder = inline && memberAt(bytes, at, name)
  const text = isObject(held) ? holder && memberAt(bytes, holder.valueStart, 'url') : holder
  if (inline === undefined || holder === undefined || text === undefined) return
  const detail = isObject(held) ? held.detail : part.detail
  found.push({
    kind,
    base64: inline.base64,
    lead: (url as string).slice(0, (url as string).length - inline.base64.length),
    detail: typeof detail === 'string' ? detail : undefined,
    start: text.valueStart,
    end: text.valueEnd,
    part: {
      start: at,
      valueStart: holder.valueStart,
      valueEnd: holder.valueEnd,
      hasUuid: part.uuid !== undefined,
    },
  })
}

/** Of several of one name the last, as whoever reads JSON takes it. */
function memberAt(bytes: Uint8Array, start: number, name: string): NamedMember | undefined {
  return scanObjectAt(bytes, start).findLast((member) => member.name === name)
}
