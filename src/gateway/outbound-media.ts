/**
 * What a policy has done to the images, sounds and films of a request on their way to one replica: images made smaller, media
 * that it was sent before called by their names.
 */
import { fittedSize, type Size } from '../media/fitted-size.ts'
import { headOfBase64 } from '../media/head-of-base64.ts'
import { heedsDetail, imageCap } from '../media/image-caps.ts'
import { type ImageHeader, readImageHeader } from '../media/image-header.ts'
import { type MediaPlace, mediaPlaces } from '../media/media-places.ts'
import type { Splice } from '../openai/body-splice.ts'
import type { ModelRequest } from '../openai/model-request.ts'
import type { Journey } from './journey.ts'
import { mediaUuid } from './media-uuid.ts'
import type { Destination } from './outbound.ts'

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

/** Nearly every file tells its size at once; a camera's may have a small picture and more ahead of it. */
const HEADS = [16 * 1024, 1024 * 1024]
const MOST_NOTED = 3

/** What becomes of one medium. */
interface Fate {
  base64: string
  /** Undefined where the server keeps nothing. */
  uuid: string | undefined
  isWithheld: boolean
}

/** Undefined where there is nothing to do, which is told without reading the request. */
export function outboundMediaOf(
  journey: Journey,
  destination: Destination,
): Promise<OutboundMedia | undefined> | undefined {
  const { policy, input, incoming } = journey
  if (policy.input === undefined || !input.hasMedia || incoming.request.passed !== undefined) return undefined
  const { images, mediaUuids } = policy.input
  const fits = images !== undefined
  const names = mediaUuids === true && isNamedAt(journey, destination)
  return fits || names ? outboundMedia(journey, destination, incoming.request, { names }) : undefined
}

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
  { names }: { names: boolean },
): Promise<OutboundMedia | undefined> {
  const { vendor } = destination.provider
  const places = mediaPlaces(request)
  if (places.length === 0) return undefined
  const fates = new Map<string, Map<string, Fate>>()
  const sizes: string[] = []
  let isUnfit = false
  for (const place of places) {
    const detail = detailAt(place, vendor)
    const ofBytes = fates.get(place.base64) ?? new Map<string, Fate>()
    fates.set(place.base64, ofBytes)
    if (ofBytes.has(detail)) continue
    const fitted = await fittedImage(journey, destination, place)
    if (fitted === 'no fitter') isUnfit = true
    else if (fitted !== undefined) sizes.push(fitted.told)
    const base64 = typeof fitted === 'object' ? fitted.base64 : place.base64
    const uuid = names ? await mediaUuid(journey.incoming.principal.tenant, place.kind, base64) : undefined
    const isWithheld =
      uuid !== undefined &&
      destination.mediaGoWhole !== true &&
      journey.gateway.keptMedia.has(destination, uuid)
    ofBytes.set(detail, { base64, uuid, isWithheld })
  }
  const notes = sizes.length > 0 ? [sizesNote(sizes)] : []
  if (isUnfit) notes.push('images: not made smaller, because the package sharp is not there')
  return {
    edits: (sent) =>
      editsOf(sent, sent === request ? places : mediaPlaces(sent), notes, (place) =>
        fates.get(place.base64)?.get(detailAt(place, vendor)),
      ),
    named: names ? namedIn(fates) : undefined,
  }
}

function detailAt({ detail }: MediaPlace, vendor: Destination['provider']['vendor']): string {
  return heedsDetail(vendor) ? (detail ?? 'auto') : ''
}

async function fittedImage(
  { policy, gateway }: Journey,
  { provider, model }: Destination,
  { kind, base64, detail }: MediaPlace,
): Promise<{ base64: string; told: string } | 'no fitter' | undefined> {
  const bound = policy.input?.images
  if (bound === undefined || kind !== 'image') return undefined
  const cap = imageCap(provider.vendor, model, detail)
  if (cap === undefined && bound.maxEdge === undefined && bound.maxPixels === undefined) return undefined
  const header = headerOf(base64)
  if (header === undefined || header.isAnimated) return undefined
  const size = fittedSize(header, cap, bound)
  if (size.width === header.width && size.height === header.height) return undefined
  const fitter = gateway.imageFitter()
  if (fitter === undefined) return 'no fitter'
  const smaller = await fitter.fit(base64, header.format, size)
  return smaller === undefined ? undefined : { base64: smaller, told: `${told(header)} to ${told(size)}` }
}

function headerOf(base64: string): ImageHeader | undefined {
  for (const most of HEADS) {
    const bytes = headOfBase64(base64, most)
    const header = bytes && readImageHeader(bytes)
    if (header !== undefined) return header
  }
  return undefined
}

function told({ width, height }: Size): string {
  return `${width}x${height}`
}

function sizesNote(sizes: readonly string[]): string {
  const more = sizes.length - MOST_NOTED
  const shown = sizes.slice(0, MOST_NOTED).join(', ')
  return `images made smaller: ${shown}${more > 0 ? ` and ${more} more` : ''}`
}

function editsOf(
  { bytes }: ModelRequest,
  places: readonly MediaPlace[],
  notes: readonly string[],
  fateOf: (place: MediaPlace) => Fate | undefined,
): ReturnType<OutboundMedia['edits']> {
  const splices: Splice[] = []
  let [withheld, named] = [0, 0]
  for (const place of places) {
    const fate = fateOf(place)
    if (fate === undefined) continue
    const { start, end, part, lead } = place
    // Whoever names media by itself knows what the server has.
    const uuid = part === undefined || part.hasUuid ? undefined : fate.uuid
    if (part !== undefined && uuid !== undefined) {
      named++
      splices.push({ start: part.start + 1, end: part.start + 1, text: `"uuid":"${uuid}",` })
      if (fate.isWithheld) {
        withheld++
        splices.push({ start: part.valueStart, end: part.valueEnd, text: 'null' })
        continue
      }
    }
    if (fate.base64 !== place.base64)
      splices.push({ start, end, text: JSON.stringify(`${lead}${fate.base64}`) })
  }
  if (bytes.length === 0 || splices.length === 0) return { splices, notes }
  return { splices, notes: named === 0 ? notes : [...notes, `media uuids: ${withheld} of ${named} alone`] }
}

function namedIn(fates: ReadonlyMap<string, ReadonlyMap<string, Fate>>): NamedMedia {
  const all = [...fates.values()].flatMap((ofBytes) => [...ofBytes.values()])
  return {
    uuids: all.flatMap(({ uuid }) => (uuid === undefined ? [] : [uuid])),
    isWithheld: all.some(({ isWithheld }) => isWithheld),
  }
}
