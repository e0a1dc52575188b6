/** Who is calling, as far as every other room needs to know. */
import type { RateLimit } from './rate-limit.ts'

export interface Principal {
  tenant: string
  team: string | undefined
  /** The trimtab key used; undefined in `open` mode. */
  key: { id: string; name: string } | undefined
  /** Globs of models this key may ask for; undefined: all. */
  allowedModels: readonly string[] | undefined
  /** Workflows this key is bound to; undefined: all. */
  allowedWorkflows: readonly string[] | undefined
  /** What this key and its team may use a minute; undefined: as much as they like. */
  limits?: readonly RateLimit[] | undefined
  /** The credential the caller sent, for providers configured with `api_key: client`; never logged or stored. */
  credential: { header: string; value: string } | undefined
}
