/** What is read of a caller to find out who it is. */
import type { Principal } from './principal.ts'

export interface Caller {
  /** A header's value by its lower-case name. */
  header(name: string): string | undefined
  /** `Host`, or `:authority`. */
  host: string | undefined
  origin: string | undefined
  /** Undefined where the platform cannot tell. */
  remoteIsLoopback?: boolean | undefined
}

/** The headers in which OpenAI's, Anthropic's and Azure's SDKs send a key. */
const CREDENTIAL_HEADERS = ['authorization', 'x-api-key', 'api-key'] as const

/** The first credential among a caller's headers, as it was sent. */
export function callerCredential(caller: Caller): Principal['credential'] {
  for (const header of CREDENTIAL_HEADERS) {
    const value = caller.header(header)
    if (value !== undefined && credentialKey({ header, value }) !== '') return { header, value }
  }
  return undefined
}

/** The key itself: the same text in whichever header it came. */
export function credentialKey(credential: { header: string; value: string }): string {
  if (credential.header !== 'authorization') return credential.value.trim()
  return credential.value.replace(/^bearer(?:\s+|$)/i, '').trim()
}

/** Anthropic's and Entra's: wherever there is a header of its own for keys, these come as `Authorization` all the same. */
const BEARER_TOKEN = /^(?:sk-ant-oat|eyJ)/

/** The caller's key as a provider wants it that takes keys in `keyHeader`. */
export function credentialIn(
  keyHeader: string,
  credential: { header: string; value: string },
): { header: string; value: string } {
  if (credential.header === keyHeader) return credential
  const key = credentialKey(credential)
  if (keyHeader === 'authorization') return { header: keyHeader, value: `Bearer ${key}` }
  return BEARER_TOKEN.test(key) ? credential : { header: keyHeader, value: key }
}

/** Whether a `Host` header names this machine: `localhost`, `127.0.0.0/8` or `::1`, with any port. */
export function isLoopbackHost(host: string): boolean {
  return /^(?:(?:[a-z0-9-]+\.)*localhost\.?|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(host)
}
