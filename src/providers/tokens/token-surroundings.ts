/**
 * What tokens are made of: the network, variables, files.
 * Written out rather than taken from google-auth-library and @azure/identity: bundled, those are 0.7 and 0.9 MB, twice
 * trimtab itself, for one form and one signature each; they bring an HTTP client of their own, and not to Workers.
 */
import type { Transport } from '../transport.ts'
import { AccessToken, type Cloud } from './access-token.ts'
import { entraToken } from './entra-token.ts'
import { googleToken } from './google-token.ts'

export interface TokenSurroundings {
  network: Transport
  environment: Readonly<Record<string, string | undefined>>
  /** Undefined where it is missing or may not be read; a runtime without files has none. */
  readFile(path: string): Promise<string | undefined>
  /** Unix milliseconds. */
  now(): number
}

/** Nothing is asked for before the first request that needs it. */
export function cloudToken(cloud: Cloud, around: TokenSurroundings): AccessToken {
  const issue = { google: googleToken, entra: entraToken }[cloud]
  return new AccessToken(async () => issue(around), around.now)
}
