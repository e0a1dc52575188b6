/**
 * What a policy has done to the images, sounds and films of a request on their way to one replica: images made smaller, media
 * that it was sent before called by their names.
 */

import { type MediaPlace, mediaPlaces } from '../../conversion/media-places.ts'
import { heedsDetail } from '../../media/image-caps.ts'
import type { Splice } from '../../openai/body-splice.ts'
import type { ModelRequest } from '../../openai/model-request.ts'
import type { Journey } from '../journey.ts'
import type { Destination } from '../outbound.ts'
import { type FittedImage, fitImage, sizesNote } from './fit-image.ts'
import { mediaUuid } from './media-uuid.ts'

/** Media of one request that go to a server which keeps them. */
export interface NamedMedia {
  uuids: readonly string[]
  /** Some went by their names alone. */
  isWithheld: boolean
}

export interface OutboundMedia {
  /** @param sent the request as it would go without them */
  edits(sent: ModelRequest): { splices: readonly Splice[]; notes: readonly string[] }
  named: NamedMedia | undefined
}

/** What becomes of one medium. */
interface Fate {
  base64: string
  fitted: FittedImage | 'no fitter' | undefined
  /** Undefined where it has none. */
  uuid: string | undefined
  isWithheld: boolean
}

/** By what it is, as the place of it says. */
type Fates = ReadonlyMap<string, ReadonlyMap<string, Fate>>

/** Undefined where there is nothing to do, which is mostly told without reading the request. */
export function outboundMediaOf(
  journey: Journey,
  destination: Destination,
): Promise<OutboundMedia | undefined> | undefined {
  const { policy, input, incoming } = journey
  const { request } = incoming
  if (policy.input === undefined || request.passed !== undefined) return undefined
  const names = policy.input.mediaUuids === true && isNamedAt(journey, destination)
  if (policy.input.images === undefined && !names) return undefined
  // What tools gave back in messages may hold images that nobody has counted.
  if (!input.hasMedia && request.endpoint !== 'messages') return undefined
  return outboundMedia(journey, destination, request, names)
}

/** vLLM knows names of media in chat. */
function isNamedAt({ incoming, gateway }: Journey, destination: Destination): boolean {
  const { provider, conversion } = destination
  if (provider.vendor !== 'vllm') return false
  const endpoint = conversion?.endpoint ?? incoming.request.endpoint
  return endpoint === 'chat/completions' && gateway.keptMedia.isKeeping(destination, gateway.elapsedMs())
}

async function outboundMedia(
  journey: Journey,
  destination: Destination,
  request: ModelRequest,
  names: boolean,
): Promise<OutboundMedia | undefined> {
  const places = mediaPlaces(request)
  if (places.length === 0) return undefined
  const { vendor } = destination.provider
  const byBytes = new Map<string, Map<string, Fate>>()
  const fates = await Promise.all(
    distinctMedia(places, vendor).map(async (place) => {
      const fate = await fateOf(journey, destination, place, names)
      const ofBytes = byBytes.get(place.base64) ?? new Map<string, Fate>()
      byBytes.set(place.base64, ofBytes.set(asWhat(place, vendor), fate))
      return fate
    }),
  )
  const notes = notesOf(fates)
  return {
    edits: (sent) => {
      const { splices, named } = splicesFor(sent === request ? places : mediaPlaces(sent), byBytes, vendor)
      return { splices, notes: named === undefined ? notes : [...notes, named] }
    },
    named: names ? namedIn(fates) : undefined,
  }
}

async function fateOf(
  journey: Journey,
  destination: Destination,
  place: MediaPlace,
  names: boolean,
): Promise<Fate> {
  const { incoming, gateway } = journey
  const fitted = await fitImage(journey, destination, place)
  const base64 = typeof fitted === 'object' ? fitted.base64 : place.base64
  // Whoever names a medium knows what the server has.
  const isNamed = names && place.part?.hasUuid !== true
  const uuid = isNamed ? await mediaUuid(incoming.principal.tenant, place.kind, base64) : undefined
  const mayWithhold = uuid !== undefined && destination.mediaGoWhole !== true
  return { base64, fitted, uuid, isWithheld: mayWithhold && gateway.keptMedia.has(destination, uuid) }
}

/** The same image is looked at once, unless it is asked to be seen in other detail. */
export function distinctMedia(places: readonly MediaPlace[], vendor: Vendor): readonly MediaPlace[] {
  const seen = new Map<string, Set<string>>()
  return places.filter((place) => {
    const ofBytes = seen.get(place.base64) ?? new Set<string>()
    seen.set(place.base64, ofBytes)
    const what = asWhat(place, vendor)
    if (ofBytes.has(what)) return false
    ofBytes.add(what)
    return true
  })
}

type Vendor = Destination['provider']['vendor']

/** One that a caller names itself is another than the same one without a name. */
function asWhat({ kind, detail, part }: MediaPlace, vendor: Vendor): string {
  const own = part?.hasUuid === true ? ' named' : ''
  return `${kind}${own} ${heedsDetail(vendor) ? (detail ?? 'auto') : ''}`
}

function splicesFor(
  places: readonly MediaPlace[],
  fates: Fates,
  vendor: Vendor,
): { splices: readonly Splice[]; named: string | undefined } {
  const splices: Splice[] = []
  let [withheld, named] = [0, 0]
  for (const place of places) {
    const fate = fates.get(place.base64)?.get(asWhat(place, vendor))
    if (fate === undefined) continue
    const { start, end, part, lead } = place
    if (part !== undefined && fate.uuid !== undefined) {
      named++
      splices.push({ start: part.start + 1, end: part.start + 1, text: `"uuid":"${fate.uuid}",` })
    }
    if (part !== undefined && fate.isWithheld) {
      withheld++
      splices.push({ start: part.valueStart, end: part.valueEnd, text: 'null' })
    } else if (fate.base64 !== place.base64)
      splices.push({ start, end, text: JSON.stringify(`${lead}${fate.base64}`) })
  }
  return { splices, named: named === 0 ? undefined : `media uuids: ${withheld} of ${named} alone` }
}

function notesOf(fates: readonly Fate[]): readonly string[] {
  const sizes = fates.flatMap(({ fitted }) => (typeof fitted === 'object' ? [fitted.told] : []))
  const notes: string[] = []
  if (sizes.length > 0) notes.push(sizesNote(sizes))
  if (fates.some(({ fitted }) => fitted === 'no fitter'))
    notes.push('images: not made smaller, because the package sharp is not there')
  return notes
}

function namedIn(fates: readonly Fate[]): NamedMedia {
  return {
    uuids: fates.flatMap(({ uuid }) => (uuid === undefined ? [] : [uuid])),
    isWithheld: fates.some(({ isWithheld }) => isWithheld),
  }
}
