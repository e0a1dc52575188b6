/** Which credential a request carries to a provider. */
import { Failure } from '../errors.ts'
import type { Provider, Replica } from './provider.ts'

/** A header and its whole value. */
interface CredentialHeader {
  header: string
  value: string
}

/**
 * The provider's own credential, or the caller's where the provider is configured so; undefined: none is sent.
 * @throws Failure `missing_api_key` where the caller's own is needed and none was sent
 */
export function credentialFor(
  provider: Provider,
  replica: Replica,
  callers: CredentialHeader | undefined,
): CredentialHeader | undefined {
  const own = replica.credential
  if (own.kind === 'key') return own
  if (own.kind === 'none') return undefined
  if (callers !== undefined) return callers
  const setting = provider.keyVariable ?? `providers.${provider.name}.api_key`
  throw new Failure(
    'missing_api_key',
    `No API key for ${provider.name}: send one as \`Authorization: Bearer …\`, or set ${setting} where trimtab runs.`,
  )
}
