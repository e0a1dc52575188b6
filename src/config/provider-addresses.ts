/** Where a provider answers: the addresses that are written, else its vendor's own for a region or a project. */
import { type BaseUrl, formatBaseUrl, parseBaseUrl, pointsAtSelf } from '../providers/base-url.ts'
import { addressOf, type Vendor, type VendorId, vendorOf } from '../providers/vendors.ts'
import type { Surroundings } from './provider-settings.ts'
import type { ProviderContent } from './schema.ts'

/** Prediction endpoints lie below a project's place, beside the one that speaks OpenAI's dialect. */
const VERTEX_PREDICTION = {
  id: 'vertex',
  baseUrl: undefined,
  addressTemplate: 'https://{region}-aiplatform.googleapis.com/v1/projects/{project}/locations/{region}',
} as const

/** What people are used to write, and is part of every path. */
const PATH_ABOVE: Readonly<Partial<Record<ProviderContent['dialect'], string>>> = {
  kserve: '/v2',
  'tensorflow-serving': '/v1',
}

/** A number says how many servers trimtab starts itself. */
export function addressesOf({ replicas }: ProviderContent): readonly string[] | undefined {
  return Array.isArray(replicas) ? replicas : undefined
}

export function baseUrlsOf(
  content: ProviderContent,
  vendor: VendorId,
  listen: Surroundings['listen'],
  refuse: Surroundings['refuse'],
): BaseUrl[] {
  if (content.base_url !== undefined && content.replicas !== undefined) {
    refuse(['replicas'], 'must not stand beside base_url: list every address under replicas')
  }
  const row = content.dialect === 'vertex' ? VERTEX_PREDICTION : vendorOf(vendor)
  const standard = standardAddress(content, row, refuse)
  const written =
    addressesOf(content)?.map((text, index) => ({ text, at: ['replicas', index] })) ??
    (content.base_url === undefined ? [] : [{ text: content.base_url, at: ['base_url'] }])
  if (written.length === 0) {
    if (standard === undefined && row.addressTemplate === undefined)
      refuse(['base_url'], 'is missing: state where the provider answers, like https://host/v1')
    return [parseBaseUrl(standard ?? '')].filter((parsed) => typeof parsed !== 'string')
  }
  const seen = new Set<string>()
  return written.flatMap(({ text, at }) => {
    const parsed = parseBaseUrl(text)
    if (typeof parsed === 'string') {
      refuse(at, `must be ${parsed}`)
      return []
    }
    const above = PATH_ABOVE[content.dialect]
    if (above !== undefined && parsed.path.endsWith(above))
      refuse(at, `must be the address above \`${above}\`, which is added to it`)
    if (pointsAtSelf(parsed, listen))
      refuse(at, 'must not be the address of trimtab itself, which would forward to itself without end')
    if (seen.has(formatBaseUrl(parsed))) refuse(at, 'must not be listed twice')
    seen.add(formatBaseUrl(parsed))
    return [parsed]
  })
}

/** The vendor's own address; `region` and `project` are refused where it has no place for them, or misses them. */
function standardAddress(
  content: ProviderContent,
  row: Pick<Vendor, 'id' | 'baseUrl' | 'addressTemplate'>,
  refuse: Surroundings['refuse'],
): string | undefined {
  const { region, project } = content
  const isStated = content.base_url !== undefined || content.replicas !== undefined
  for (const [name, value] of Object.entries({ region, project })) {
    const isWanted = !isStated && row.addressTemplate?.includes(`{${name}}`) === true
    if (isWanted && value === undefined)
      refuse([name], `is missing: ${row.id}'s address has it in it (or state the whole address as base_url)`)
    if (!isWanted && value !== undefined)
      refuse(
        [name],
        `has no place in this provider's address: leave it out${isStated ? ' beside base_url' : ''}`,
      )
  }
  return addressOf(row, { region, project })
}
