/** What an operator binds to the Worker, sorted into what it stands for; `wrangler.toml` shows each kind. */
import type { Environment } from '../../config/environment.ts'
import type { PolicyFile } from '../../policy/parse-policy.ts'

export interface Bindings {
  /** Variables and secrets as a process would have them. */
  environment: Environment
  /** Text of `trimtab.yaml`. */
  config: string | undefined
  policies: readonly PolicyFile[]
  /** Keys, one a line. */
  keys: string
  adminKey: string | undefined
}

const CONFIG = 'TRIMTAB_CONFIG_YAML'
const KEYS = 'TRIMTAB_KEYS'
const ADMIN_KEY = 'TRIMTAB_ADMIN_KEY'
const POLICY_PREFIX = 'TRIMTAB_POLICY_'

/** Bindings that are no text (databases, queues) are left aside. */
export function readBindings(bound: Readonly<Record<string, unknown>>): Bindings {
  const texts = Object.entries(bound).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  const named = new Map(texts)
  const own = (name: string): boolean =>
    name === CONFIG || name === KEYS || name === ADMIN_KEY || name.startsWith(POLICY_PREFIX)
  return {
    environment: Object.fromEntries(texts.filter(([name]) => !own(name))),
    config: named.get(CONFIG),
    policies: texts
      .filter(([name]) => name.startsWith(POLICY_PREFIX))
      .map(([name, text]) => ({ path: `${name.slice(POLICY_PREFIX.length)}.yaml`, text })),
    keys: named.get(KEYS) ?? '',
    adminKey: named.get(ADMIN_KEY) || undefined,
  }
}
