/** Finds out who is calling; whatever cannot be told for certain is refused. */
import { Failure } from '../errors.ts'
import { apiKeyId, equalInConstantTime, type Sha256 } from './api-key.ts'
import { type Caller, callerCredential, credentialKey, isLoopbackHost } from './caller.ts'
import type { KeyRecord, KeyStore } from './key-store.ts'
import type { Principal } from './principal.ts'
import type { RateLimit } from './rate-limit.ts'

export type TeamLimits = Pick<RateLimit, 'requestsPerMinute' | 'tokensPerMinute'>

interface AuthenticatorParts {
  mode: 'open' | 'keys'
  /** Origins of pages that may call in `open` mode. */
  origins: readonly string[]
  /** Whether some provider is sent the caller's own credential (`api_key: client`, in `open` mode only). */
  passesCredentials(): boolean
  keys: KeyStore
  /** What teams may use a minute, by their names. */
  teams: ReadonlyMap<string, TeamLimits>
  sha256: Sha256
  now: () => number
}

interface KeyParts extends Pick<AuthenticatorParts, 'keys' | 'teams' | 'sha256' | 'now'> {
  verified: WeakMap<KeyRecord, Verified>
}

/** A key's text that was held against its record's digest. */
interface Verified {
  record: KeyRecord
  text: string
  principal: Principal
}

/**
 * @returns the caller's principal, or rejects with a Failure: `forbidden_host`, `forbidden_origin`,
 * `missing_api_key`, `invalid_api_key` (unknown or revoked) or `expired_api_key`
 */
export type Authenticate = (caller: Caller) => Promise<Principal>

export function createAuthenticator(parts: AuthenticatorParts): Authenticate {
  if (parts.mode === 'keys') {
    const verified = new WeakMap<KeyRecord, Verified>()
    const keyParts = { ...parts, verified }
    return (caller) => byKey(keyParts, caller)
  }
  const origins = new Set(parts.origins.map((origin) => origin.toLowerCase()))
  return async (caller) => {
    requireLoopback(caller)
    requireListedOrigin(caller, origins)
    return parts.passesCredentials() ? byCredential(parts.sha256, caller) : ANYONE
  }
}

const ANYONE: Principal = Object.freeze({
  tenant: 'default',
  team: undefined,
  key: undefined,
  allowedModels: undefined,
  allowedWorkflows: undefined,
  credential: undefined,
})

/** A page in a browser reaches loopback too, by a host name of its own that resolves there; its `Host` tells. */
function requireLoopback(caller: Caller): void {
  const { host } = caller
  if (caller.remoteIsLoopback !== false && host !== undefined && isLoopbackHost(host)) return
  throw new Failure(
    'forbidden_host',
    'Without keys, trimtab answers only callers on this machine that address it as localhost: set access.mode to keys to serve others.',
  )
}

function requireListedOrigin(caller: Caller, origins: ReadonlySet<string>): void {
  if (caller.origin === undefined || origins.has(caller.origin.toLowerCase())) return
  throw new Failure(
    'forbidden_origin',
    `Pages of ${printable(caller.origin)} may not call trimtab: add the origin to access.origins to let them.`,
  )
}

async function byCredential(sha256: Sha256, caller: Caller): Promise<Principal> {
  const credential = callerCredential(caller)
  if (credential === undefined) return ANYONE
  const principal: Principal = { ...ANYONE, tenant: await sha256(credentialKey(credential)) }
  // Not enumerable, so that no log line or JSON of a principal can hold the secret.
  return Object.defineProperty(principal, 'credential', { value: credential, enumerable: false })
}

async function byKey(parts: KeyParts, caller: Caller): Promise<Principal> {
  const credential = callerCredential(caller)
  if (credential === undefined) {
    throw new Failure(
      'missing_api_key',
      'No API key was sent: send one made by `trimtab keys create` as `Authorization: Bearer tt_…`.',
    )
  }
  const text = credentialKey(credential)
  const id = apiKeyId(text)
  // Asked every time: a key revoked by another process must stop working within a second.
  const record = id === undefined ? undefined : await parts.keys.find(id)
  const verified = record === undefined ? undefined : await verify(parts, record, text)
  if (verified === undefined) {
    throw new Failure(
      'invalid_api_key',
      'The API key that was sent is not one of this trimtab: make one with `trimtab keys create`.',
    )
  }
  requireInForce(verified.record, parts.now())
  return verified.principal
}

/** A record that the store hands out again is not hashed for again; the text is forgotten along with the record. */
async function verify(parts: KeyParts, record: KeyRecord, text: string): Promise<Verified | undefined> {
  const known = parts.verified.get(record)
  if (known !== undefined && equalInConstantTime(text, known.text)) return known
  if (!equalInConstantTime(await parts.sha256(text), record.digest)) return undefined
  const verified = { record, text, principal: Object.freeze(principalOf(record, parts.teams)) }
  parts.verified.set(record, verified)
  return verified
}

function requireInForce(record: KeyRecord, now: number): void {
  if (record.revokedAt !== undefined) {
    const at = new Date(record.revokedAt).toISOString()
    throw new Failure(
      'invalid_api_key',
      `The API key "${record.name}" was revoked at ${at}: use another one.`,
    )
  }
  if (record.expiresAt !== undefined && record.expiresAt <= now) {
    const at = new Date(record.expiresAt).toISOString()
    throw new Failure('expired_api_key', `The API key "${record.name}" expired at ${at}: use another one.`)
  }
}

/** Who calls with a key that is in force. */
export function principalOf(record: KeyRecord, teams: AuthenticatorParts['teams']): Principal {
  return {
    tenant: record.tenant,
    team: record.team,
    key: { id: record.id, name: record.name },
    allowedModels: record.models,
    allowedWorkflows: record.workflows,
    limits: limitsOf(record, record.team === undefined ? undefined : teams.get(record.team)),
    credential: undefined,
  }
}

function limitsOf(record: KeyRecord, team: TeamLimits | undefined): readonly RateLimit[] | undefined {
  const { id, name, requestsPerMinute, tokensPerMinute } = record
  const isLimited = requestsPerMinute !== undefined || tokensPerMinute !== undefined
  if (!isLimited && team === undefined) return undefined
  const limits: RateLimit[] = []
  if (isLimited) {
    limits.push({ id: `key ${id}`, label: `The API key "${name}"`, requestsPerMinute, tokensPerMinute })
  }
  if (team !== undefined) {
    limits.push({ id: `team ${record.team}`, label: `The team "${record.team}"`, ...team })
  }
  return limits
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200)
}
