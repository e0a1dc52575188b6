/** The environment variable that stands for each key, and `${NAME}` references inside a file's texts. */
import type { Path } from '../policy/yaml-text.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Twin {
  variable: string
  path: Path
  /** `yaml`: the text is YAML or JSON. `list`: that, or values separated by commas. */
  kind: 'text' | 'yaml' | 'list'
}

export const ENVIRONMENT_TWINS: readonly Twin[] = [
  { variable: 'TRIMTAB_LISTEN', path: ['listen'], kind: 'yaml' },
  { variable: 'TRIMTAB_HOST', path: ['listen', 'host'], kind: 'text' },
  { variable: 'TRIMTAB_PORT', path: ['listen', 'port'], kind: 'text' },
  { variable: 'TRIMTAB_MAX_BODY', path: ['listen', 'max_body'], kind: 'text' },
  { variable: 'TRIMTAB_DATA', path: ['data'], kind: 'text' },
  { variable: 'TRIMTAB_POLICIES', path: ['policies'], kind: 'text' },
  { variable: 'TRIMTAB_DURABILITY', path: ['durability'], kind: 'text' },
  { variable: 'TRIMTAB_LEDGER', path: ['ledger'], kind: 'yaml' },
  { variable: 'TRIMTAB_LEDGER_ON_FAILURE', path: ['ledger', 'on_failure'], kind: 'text' },
  { variable: 'TRIMTAB_RETENTION', path: ['retention'], kind: 'yaml' },
  { variable: 'TRIMTAB_RETENTION_REQUESTS', path: ['retention', 'requests'], kind: 'text' },
  { variable: 'TRIMTAB_RETENTION_ROLLUPS', path: ['retention', 'rollups'], kind: 'text' },
  { variable: 'TRIMTAB_LOG', path: ['log'], kind: 'yaml' },
  { variable: 'TRIMTAB_LOG_LEVEL', path: ['log', 'level'], kind: 'text' },
  { variable: 'TRIMTAB_LOG_ACCESS', path: ['log', 'access'], kind: 'text' },
  { variable: 'TRIMTAB_TRACES', path: ['traces'], kind: 'yaml' },
  { variable: 'TRIMTAB_TRACES_ENDPOINT', path: ['traces', 'endpoint'], kind: 'text' },
  { variable: 'TRIMTAB_TRACES_HEADERS', path: ['traces', 'headers'], kind: 'yaml' },
  { variable: 'TRIMTAB_ACCESS', path: ['access'], kind: 'yaml' },
  { variable: 'TRIMTAB_ACCESS_MODE', path: ['access', 'mode'], kind: 'text' },
  { variable: 'TRIMTAB_ACCESS_ORIGINS', path: ['access', 'origins'], kind: 'list' },
  { variable: 'TRIMTAB_ACCESS_TEAMS', path: ['access', 'teams'], kind: 'yaml' },
  { variable: 'TRIMTAB_DEFAULT_PROVIDER', path: ['default_provider'], kind: 'text' },
  { variable: 'TRIMTAB_PROVIDERS', path: ['providers'], kind: 'yaml' },
  { variable: 'TRIMTAB_ALIASES', path: ['aliases'], kind: 'yaml' },
  { variable: 'TRIMTAB_EMBEDDING', path: ['embedding'], kind: 'yaml' },
  { variable: 'TRIMTAB_EMBEDDING_USE', path: ['embedding', 'use'], kind: 'text' },
  { variable: 'TRIMTAB_EMBEDDING_MODEL', path: ['embedding', 'model'], kind: 'text' },
  { variable: 'TRIMTAB_EMBEDDING_DTYPE', path: ['embedding', 'dtype'], kind: 'text' },
  { variable: 'TRIMTAB_EMBEDDING_POOLING', path: ['embedding', 'pooling'], kind: 'text' },
  { variable: 'TRIMTAB_EMBEDDING_THREADS', path: ['embedding', 'threads'], kind: 'text' },
  { variable: 'TRIMTAB_EMBEDDING_TIMEOUT', path: ['embedding', 'timeout'], kind: 'text' },
  { variable: 'TRIMTAB_EMBEDDING_DIALECT', path: ['embedding', 'dialect'], kind: 'text' },
  { variable: 'TRIMTAB_EMBEDDING_BASE_URL', path: ['embedding', 'base_url'], kind: 'text' },
  { variable: 'TRIMTAB_EMBEDDING_API_KEY', path: ['embedding', 'api_key'], kind: 'text' },
  { variable: 'TRIMTAB_EMBEDDING_DIMENSIONS', path: ['embedding', 'dimensions'], kind: 'text' },
  { variable: 'TRIMTAB_KNOWLEDGE', path: ['knowledge'], kind: 'yaml' },
  { variable: 'TRIMTAB_KNOWLEDGE_RERANK', path: ['knowledge', 'rerank'], kind: 'yaml' },
  { variable: 'TRIMTAB_VECTORS', path: ['vectors'], kind: 'yaml' },
  { variable: 'TRIMTAB_VECTORS_USE', path: ['vectors', 'use'], kind: 'text' },
  { variable: 'TRIMTAB_VECTORS_URL', path: ['vectors', 'url'], kind: 'text' },
  { variable: 'TRIMTAB_VECTORS_API_KEY', path: ['vectors', 'api_key'], kind: 'text' },
  { variable: 'TRIMTAB_VECTORS_TIMEOUT', path: ['vectors', 'timeout'], kind: 'text' },
  { variable: 'TRIMTAB_VECTORS_MEMORY', path: ['vectors', 'memory'], kind: 'text' },
  { variable: 'TRIMTAB_VECTORS_DISK', path: ['vectors', 'disk'], kind: 'text' },
  { variable: 'TRIMTAB_VECTORS_ENTRIES', path: ['vectors', 'entries'], kind: 'text' },
  { variable: 'TRIMTAB_PRICES', path: ['prices'], kind: 'yaml' },
  { variable: 'TRIMTAB_PRICES_OVERRIDES', path: ['prices', 'overrides'], kind: 'yaml' },
  { variable: 'TRIMTAB_PRICES_SERVICE_TIERS', path: ['prices', 'service_tiers'], kind: 'yaml' },
  { variable: 'TRIMTAB_BUDGETS', path: ['budgets'], kind: 'yaml' },
]

/** `$${` is a plain `${`. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

export interface References {
  /** Names and values that were put in: what a message must not show. */
  used: Map<string, string>
  missing: { variable: string; path: Path }[]
}

/**
 * A value whose texts have their `${NAME}` and `${NAME:-default}` replaced.
 * An empty variable counts as missing: that is what a deployment which forgot it looks like.
 */
export function resolveReferences(
  value: unknown,
  environment: Environment,
  into: References,
  path: Path = [],
): unknown {
  if (typeof value === 'string') {
    return value.replace(REFERENCE, (reference, variable?: string, fallback?: string) => {
      if (variable === undefined) return '${'
      const found = environment[variable]
      if (found !== undefined && found !== '') {
        into.used.set(variable, found)
        return found
      }
      if (fallback === undefined) into.missing.push({ variable, path })
      return fallback ?? reference
    })
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => resolveReferences(item, environment, into, [...path, index]))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      resolveReferences(item, environment, into, [...path, key]),
    ]),
  )
}
