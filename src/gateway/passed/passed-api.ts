/** Which API a request that is passed through is of, and whether a provider speaks it. */
import { Failure } from '../../errors.ts'
import type { PassedRequest } from '../../openai/passed-request.ts'
import { isAnthropics, isUnlisted } from '../../openai/passed-table.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Registry } from '../../providers/registry.ts'

/** The two have other things under the same paths, or nothing. @throws Failure `invalid_request` */
export function requireApi(
  { endpoint, passed }: PassedRequest,
  provider: Provider,
  registry: Registry,
): void {
  const wantsAnthropic = isAnthropics(endpoint)
  if ((provider.vendor === 'anthropic') === wantsAnthropic) return
  // The sandbox is always there, and simulates next to nothing of this.
  const others = [...registry.providers.values()].filter(
    ({ vendor }) => (vendor === 'anthropic') === wantsAnthropic && vendor !== 'sandbox',
  )
  const names = others.map(({ name }) => name).join(', ')
  const remedy =
    names === ''
      ? 'configure a provider that has it'
      : `name one of ${names} in the header x-trimtab-provider${wantsAnthropic ? '' : ', or as default_provider'}`
  const path = wantsAnthropic || isUnlisted(endpoint) ? rootOf(passed.path) : endpoint
  throw new Failure(
    'invalid_request',
    wantsAnthropic
      ? `Provider ${provider.name} does not speak Anthropic's API, which alone has this /v1/${path}: ${remedy}.`
      : `Provider ${provider.name} speaks Anthropic's API, which does not have OpenAI's /v1/${path}: ${remedy}.`,
  )
}

function rootOf(path: string): string {
  return path.startsWith('messages/') ? 'messages/batches' : (path.split('/')[0] ?? path)
}
