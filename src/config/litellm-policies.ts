/** LiteLLM's model groups, routing and fallbacks → aliases, and a policy for each group that is more than one target. */
import { isObject } from '../openai/is-object.ts'
import { type LitellmFile, seconds } from './litellm-file.ts'
import type { ConvertedTarget } from './litellm-providers.ts'

interface GroupMember {
  target: ConvertedTarget
  weight: number
  /** LiteLLM asks lower ones first. */
  order: number
}

export type Groups = ReadonlyMap<string, readonly GroupMember[]>

type Cause = number | '5xx' | 'timeout' | 'context_window' | 'content_filter'

/** Which groups are asked after one, and for which causes. */
interface Fallbacks {
  to: readonly string[]
  on: readonly Cause[]
}

/** LiteLLM's strategies by the names that a tier has for them; it draws by weight otherwise. */
export const STRATEGIES: ReadonlyMap<unknown, string> = new Map([
  ['simple-shuffle', 'weighted'],
  ['least-busy', 'least_busy'],
  ['latency-based-routing', 'latency'],
  ['usage-based-routing', 'usage'],
  ['usage-based-routing-v2', 'usage'],
  ['cost-based-routing', 'cost'],
])

const PASSING: readonly Cause[] = [429, '5xx', 'timeout']
const MOST_RETRIES = 10

/** What every policy has: deadlines, retries and the exact cache. */
export function commonPolicy({ router, litellm, notes }: LitellmFile): Record<string, unknown> {
  const retries = router.num_retries ?? litellm.num_retries
  if (typeof retries === 'number' && retries > MOST_RETRIES) {
    const at = router.num_retries === undefined ? 'litellm_settings' : 'router_settings'
    notes.add([at, 'num_retries'], `${retries} is taken as ${MOST_RETRIES}, which is the most.`)
  }
  const limits = {
    timeout: seconds(router.timeout ?? litellm.request_timeout),
    first_chunk: seconds(router.stream_timeout),
    retries: typeof retries === 'number' ? Math.min(retries, MOST_RETRIES) : undefined,
  }
  const stated = Object.entries(limits).filter(([, value]) => value !== undefined)
  const cache = exactCache({ litellm, notes })
  return {
    ...(stated.length > 0 ? { limits: Object.fromEntries(stated) } : {}),
    ...(cache === undefined ? {} : { cache: { exact: cache } }),
  }
}

/** Policies by file name; `aliases` are other names of groups. */
export function groupPolicies(
  file: LitellmFile,
  groups: Groups,
  aliases: ReadonlyMap<string, string>,
  common: Record<string, unknown>,
): Map<string, Record<string, unknown>> {
  const policies = new Map<string, Record<string, unknown>>()
  for (const [group, members] of groups) {
    const fallbacks = fallbacksOf(group, file, groups)
    if (members.length < 2 && fallbacks.to.length === 0) continue
    const others = [...aliases].filter(([, target]) => target === group).map(([name]) => name)
    const strategy = STRATEGIES.get(file.router.routing_strategy) ?? 'weighted'
    const tiers = new Map([['main', tierOf(members, strategy)]])
    for (const name of fallbacks.to) tiers.set(slug(name), tierOf(groups.get(name) ?? [], strategy))
    const name = freeName(slug(group), policies)
    policies.set(`${name}.yaml`, {
      workflow: name,
      match: { models: [group, ...others] },
      tiers: Object.fromEntries(tiers),
      route: [{ name: 'all', to: [...tiers.keys()] }],
      fallback: { on: fallbacks.on },
      ...common,
    })
  }
  return policies
}

const FALLBACK_KEYS = [
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'default_fallbacks',
]

/** The keys of `router_settings` and `litellm_settings` that are read here. */
export const POLICY_KEYS: readonly string[] = [
  ...FALLBACK_KEYS,
  'num_retries',
  'timeout',
  'stream_timeout',
  'request_timeout',
  'routing_strategy',
  'model_group_alias',
  'cache',
  'cache_params',
]

function fallbacksOf(group: string, file: LitellmFile, groups: Groups): Fallbacks {
  const listed = (key: string): string[] =>
    [file.router, file.litellm].flatMap((settings) => entriesFor(group, settings[key]))
  const any = [...listed('fallbacks'), ...(listed('fallbacks').length > 0 ? [] : defaults(file))]
  const context = listed('context_window_fallbacks')
  const content = listed('content_policy_fallbacks')
  const to = [...new Set([...any, ...context, ...content])].filter((name) => {
    if (name === group) return false
    if (groups.has(name)) return true
    const at = FALLBACK_KEYS.find((key) => file.router[key] !== undefined)
    file.notes.add(
      at === undefined ? ['litellm_settings'] : ['router_settings', at],
      `${name} of ${group} leads to no deployment here and is left out.`,
    )
    return false
  })
  const several = (groups.get(group)?.length ?? 0) > 1
  const on: Cause[] = [...(any.length > 0 || several ? PASSING : [])]
  if (any.length > 0 || context.length > 0) on.push('context_window')
  if (any.length > 0 || content.length > 0) on.push('content_filter')
  return { to, on }
}

/** `[{ group: [other, …] }, …]`. */
function entriesFor(group: string, list: unknown): string[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((entry) => {
    const names: unknown = isObject(entry) ? entry[group] : undefined
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : []
  })
}

function defaults({ router, litellm }: LitellmFile): string[] {
  const list = router.default_fallbacks ?? litellm.default_fallbacks
  return Array.isArray(list) ? list.filter((name) => typeof name === 'string') : []
}

function tierOf(members: readonly GroupMember[], strategy: string): Record<string, unknown> {
  const inOrder = members.toSorted((one, other) => one.order - other.order)
  const names = inOrder.map(({ target }) => `${target.provider}/${target.model}`)
  if (new Set(inOrder.map(({ order }) => order)).size > 1) return { use: names }
  if (members.length === 1) return { use: names[0] }
  if (strategy !== 'weighted') return { use: names, strategy }
  const even = new Set(inOrder.map(({ weight }) => weight)).size === 1
  const use = inOrder.map(({ weight }, index) => (even ? names[index] : { model: names[index], weight }))
  return { use, strategy: 'weighted' }
}

function exactCache({
  litellm,
  notes,
}: Pick<LitellmFile, 'litellm' | 'notes'>): Record<string, unknown> | undefined {
  if (litellm.cache !== true) return undefined
  const params = isObject(litellm.cache_params) ? litellm.cache_params : {}
  const path = ['litellm_settings', 'cache_params']
  if (typeof params.type === 'string' && params.type !== 'local') {
    const semantic = params.type.includes('semantic')
    notes.add(
      [...path, 'type'],
      semantic
        ? `${params.type}: only exact repeats are remembered yet; a policy has \`cache.semantic\` for more.`
        : `${params.type}: answers are remembered in cache.db of the data folder.`,
    )
  }
  notes.leftovers(params, path, ['type', 'ttl'], {
    namespace: 'is not needed: tenants and workflows never share.',
    supported_call_types: 'has no twin; a policy says for its workflow what is remembered.',
    mode: 'has no twin; a policy says for its workflow what is remembered.',
  })
  const ttl = seconds(params.ttl)
  return { mode: 'on', ...(ttl === undefined ? {} : { ttl }) }
}

function slug(name: string): string {
  return name.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[^A-Za-z0-9_]+|-+$/g, '') || 'group'
}

/** Not the group's own name: as a model, a workflow's name asks for the workflow itself, whatever its header says. */
function freeName(group: string, taken: ReadonlyMap<string, unknown>): string {
  const wanted = `to-${group}`.slice(0, 90)
  let name = wanted
  for (let count = 2; taken.has(`${name}.yaml`); count++) name = `${wanted}-${count}`
  return name
}
