/** A service account's word, signed with its key: a JWT (RFC 7519) that its cloud exchanges for a token (RFC 7523). */
import { TokenError } from './access-token.ts'

export interface ServiceAccount {
  client_email: string
  /** PEM, PKCS #8. */
  private_key: string
  private_key_id: string | undefined
  token_uri: string
}

/** Google takes an hour at most. */
const LIFETIME_SECONDS = 3600
const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }

/** @throws TokenError where the key cannot be read. `now` is Unix milliseconds. */
export async function signedAssertion(account: ServiceAccount, scope: string, now: number): Promise<string> {
  const { client_email, private_key_id, token_uri } = account
  const issuedAt = Math.floor(now / 1000)
  const header = {
    alg: 'RS256',
    typ: 'JWT',
    ...(private_key_id === undefined ? {} : { kid: private_key_id }),
  }
  const claims = { iss: client_email, scope, aud: token_uri, iat: issuedAt, exp: issuedAt + LIFETIME_SECONDS }
  const text = `${encoded(header)}.${encoded(claims)}`
  const key = await signingKey(account.private_key)
  const signature = await crypto.subtle.sign(ALGORITHM.name, key, new TextEncoder().encode(text))
  return `${text}.${base64Url(new Uint8Array(signature))}`
}

async function signingKey(pem: string): Promise<CryptoKey> {
  const base64 = /-----BEGIN PRIVATE KEY-----([\s\S]+?)-----END PRIVATE KEY-----/.exec(pem)?.[1] ?? ''
  try {
    const der = Uint8Array.from(atob(base64.replace(/\s/g, '')), (character) => character.charCodeAt(0))
    return await crypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign'])
  } catch {
    const message =
      'The private_key in the file that GOOGLE_APPLICATION_CREDENTIALS names cannot be read; download a new key.'
    throw new TokenError(message, false)
  }
}

function encoded(value: unknown): string {
  return base64Url(new TextEncoder().encode(JSON.stringify(value)))
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
