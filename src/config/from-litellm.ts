/** A LiteLLM proxy's `config.yaml` → `trimtab.yaml`, policies, and a line for everything that has no twin. */
import { stringify } from 'yaml'
import { isObject } from '../openai/is-object.ts'
import { type LitellmFile, readLitellmFile } from './litellm-file.ts'
import { commonPolicy, groupPolicies, POLICY_KEYS, STRATEGIES } from './litellm-policies.ts'
import { ConvertedProviders, type ConvertedTarget } from './litellm-providers.ts'

export interface Converted {
  /** Text of `trimtab.yaml`. */
  config: string
  /** Texts by file name. */
  policies: ReadonlyMap<string, string>
  /** What has no twin, or another shape here; `line` counts from 1. */
  notes: readonly { line: number; message: string }[]
  /** Environment variables that the configuration refers to. */
  variables: readonly string[]
}

const RESTS =
  'has no twin: a failed target is passed over, and rests for as long as its own Retry-After says.'
const ONE_PROCESS = 'is not needed: one process holds its own state.'
const OBSERVED =
  'is not needed or has no twin: every request is in the ledger; see `trimtab report` and `/metrics`.'
const UNTOUCHED = 'has no twin: requests pass as their callers wrote them.'

const ROUTER_WORDS: Readonly<Record<string, string>> = {
  allowed_fails: RESTS,
  cooldown_time: RESTS,
  allowed_fails_policy: RESTS,
  disable_cooldowns: RESTS,
  retry_policy: 'has no twin: a policy has one number, `limits.retries`.',
  model_group_retry_policy: 'has no twin: a policy has one number, `limits.retries`.',
  retry_after: 'is not needed: pauses grow with jitter, and Retry-After is obeyed.',
  redis_host: ONE_PROCESS,
  redis_port: ONE_PROCESS,
  redis_password: ONE_PROCESS,
  redis_url: ONE_PROCESS,
  enable_pre_call_checks:
    'is not needed: `fallback.on: context_window` moves on where a provider says that it does not fit.',
  enable_tag_filtering: 'has no twin; write rules with `when: { tags: … }`.',
  routing_strategy_args: 'has no twin: only `hybrid` has something to set, its `weights`.',
}

const LITELLM_WORDS: Readonly<Record<string, string>> = {
  drop_params: UNTOUCHED,
  modify_params: UNTOUCHED,
  callbacks: OBSERVED,
  success_callback: OBSERVED,
  failure_callback: OBSERVED,
  service_callback: OBSERVED,
  set_verbose: 'is not needed: `trimtab requests ID` tells what became of a request.',
  json_logs: 'is not needed.',
  turn_off_message_logging: 'is not needed: prompts and answers are never logged.',
  max_budget: 'has no twin under this name; state it as `budgets: [{ per: month, limit: … usd }]`.',
  budget_duration: 'belongs to max_budget; it is `per` of a budget.',
}

const GENERAL_WORDS: Readonly<Record<string, string>> = {
  database_url:
    'is not needed: the ledger is a file of the data folder. Keys of LiteLLM are not taken over; make new ones with `trimtab keys create`.',
  store_model_in_db: 'has no twin: models are in trimtab.yaml.',
  alerting: 'has no twin.',
}

/** @returns the problem as one sentence where `text` is no such file */
export function fromLitellm(text: string, path: string): Converted | string {
  const file = readLitellmFile(text, path)
  if (typeof file === 'string') return file
  const providers = new ConvertedProviders(file.notes)
  const groups = groupsOf(file, providers)
  const aliases = groupAliases(file, groups.named)
  const aliased = aliasBlock(file, groups.named, aliases)
  const config = {
    ...(file.general.master_key === undefined ? {} : { access: { mode: 'keys' } }),
    ...(groups.everything === undefined ? {} : { default_provider: groups.everything }),
    ...(providers.blocks.size === 0 ? {} : { providers: providerBlocks(providers) }),
    ...(Object.keys(aliased).length === 0 ? {} : { aliases: aliased }),
    ...(Object.keys(providers.prices).length === 0 ? {} : { prices: { overrides: providers.prices } }),
  }
  const common = commonPolicy(file)
  const policies = groupPolicies(file, groups.named, aliases, common)
  noteLeftovers(file)
  const texts = [...policies, ['default.yaml', { workflow: 'default', ...common }] as const]
  const yaml = `# Converted from ${fileName(path)} by \`trimtab init --from litellm\`.\n${stringify(config)}`
  return {
    config: yaml,
    policies: new Map(
      texts.map(([name, policy]) => [name, stringify(policy, { flowCollectionPadding: true })]),
    ),
    notes: file.notes.list.toSorted((one, other) => one.line - other.line),
    variables: [...new Set([...yaml.matchAll(/(?<!\$)\$\{(\w+)\}/g)].map((match) => match[1] ?? ''))],
  }
}

type Member = { target: ConvertedTarget; weight: number; order: number }

/** `everything`: the provider that answers whatever is asked for (`model_name: "*"`). */
function groupsOf(
  { deployments, notes }: LitellmFile,
  providers: ConvertedProviders,
): { named: Map<string, Member[]>; everything: string | undefined } {
  const named = new Map<string, Member[]>()
  let everything: string | undefined
  for (const deployment of deployments) {
    const { group, params, path } = deployment
    const target = providers.targetOf(deployment)
    if (target === undefined) continue
    if (group === '*') everything ??= target.provider
    else if (target.model === '*') {
      // `provider/*` is how trimtab asks for any model of a provider anyway.
      if (group !== `${target.provider}/*`) {
        notes.add([...path, 'model'], `${group} has no twin; ask for ${target.provider}/MODEL instead.`)
      }
    } else {
      const weight = Number(params.weight ?? params.rpm ?? params.tpm ?? 1)
      const member = { target, weight: weight > 0 ? weight : 1, order: Number(params.order ?? 1) }
      named.set(group, [...(named.get(group) ?? []), member])
    }
    if (params.weight === undefined) noteRate(deployment, notes)
  }
  return { named, everything }
}

function noteRate({ params, path }: LitellmFile['deployments'][number], notes: LitellmFile['notes']): void {
  const key = params.rpm === undefined ? 'tpm' : 'rpm'
  if (params[key] !== undefined) {
    notes.add(
      [...path, key],
      'is taken as a weight among the deployments of its name; no provider is held to a rate.',
    )
  }
}

/** `model_group_alias`: names of groups, or `{ model, hidden }`. */
function groupAliases(
  { router, notes }: LitellmFile,
  groups: ReadonlyMap<string, unknown>,
): Map<string, string> {
  const written = isObject(router.model_group_alias) ? router.model_group_alias : {}
  const aliases = new Map<string, string>()
  for (const [name, value] of Object.entries(written)) {
    const target = isObject(value) ? value.model : value
    if (typeof target === 'string' && groups.has(target)) aliases.set(name, target)
    else
      notes.add(
        ['router_settings', 'model_group_alias', name],
        'leads to no deployment here and is left out.',
      )
  }
  return aliases
}

/** Every group's name leads to its first deployment, also where a workflow's header takes a request past its policy. */
function aliasBlock(
  { notes }: LitellmFile,
  groups: ReadonlyMap<string, readonly Member[]>,
  others: ReadonlyMap<string, string>,
): Record<string, string> {
  const names = [...[...groups.keys()].map((group) => [group, group] as const), ...others]
  const taken = new Set(names.map(([name]) => name))
  return Object.fromEntries(
    names.flatMap(([name, group]) => {
      const first = groups.get(group)?.[0]?.target
      const target = `${first?.provider}/${first?.model}`
      if (name === target) return []
      if (!taken.has(target)) return [[name, target]]
      notes.add(
        ['model_list'],
        `${name} leads to ${target}, which is a name of its own here; ask for one of them otherwise.`,
      )
      return []
    }),
  )
}

function providerBlocks({ blocks, models }: ConvertedProviders): Record<string, unknown> {
  return Object.fromEntries(
    [...blocks].map(([name, block]) => {
      const known = [...(models.get(name) ?? [])]
      const plain = known.every(([, facts]) => Object.keys(facts).length === 0)
      const { vendor, ...rest } = block
      const listed = plain ? known.map(([model]) => model) : Object.fromEntries(known)
      return [
        name,
        { ...(vendor === name ? {} : { vendor }), ...rest, ...(known.length > 0 ? { models: listed } : {}) },
      ]
    }),
  )
}

function noteLeftovers({ router, litellm, general, notes }: LitellmFile): void {
  const strategy = router.routing_strategy
  if (strategy !== undefined && !STRATEGIES.has(strategy)) {
    notes.add(['router_settings', 'routing_strategy'], `${strategy} is taken as drawing by weight.`)
  }
  notes.leftovers(router, ['router_settings'], POLICY_KEYS, ROUTER_WORDS)
  notes.leftovers(litellm, ['litellm_settings'], POLICY_KEYS, LITELLM_WORDS)
  if (general.master_key !== undefined) {
    notes.add(
      ['general_settings', 'master_key'],
      'is not taken over: callers need keys now, made by `trimtab keys create`, and the admin key is in data/admin-key.',
    )
  }
  notes.leftovers(general, ['general_settings'], ['master_key'], GENERAL_WORDS)
}

function fileName(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path
}
