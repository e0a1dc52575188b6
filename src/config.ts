/** What `trimtab.yaml`, the environment and the command line say together, checked and with defaults filled in. */
import type { TeamLimits } from './access/authenticate.ts'
import { isLoopbackHost } from './access/caller.ts'
import {
  issueProblems,
  missingVariable,
  mistypedVariables,
  placed,
  withoutSecrets,
} from './config/config-problems.ts'
import { type EmbeddingSettings, embeddingSettings } from './config/embedding-settings.ts'
import { type Environment, type References, resolveReferences } from './config/environment.ts'
import { rerankerSettings } from './config/knowledge-settings.ts'
import { type Flags, type Layer, layerAt, mergeLayers, readLayers } from './config/layers.ts'
import { priceOverrides, serviceTiers } from './config/price-settings.ts'
import { providerSettings } from './config/provider-settings.ts'
import { type RetentionSettings, retentionSettings } from './config/retention-schema.ts'
import { type ConfigContent, configSchema } from './config/schema.ts'
import { type VectorsSettings, vectorsSettings } from './config/vectors-schema.ts'
import type { RerankerSettings } from './knowledge/remote-reranker.ts'
import { type Budget, budgetsOf } from './metering/budget.ts'
import type { PriceOverride } from './metering/price-row.ts'
import type { ServiceTiers } from './metering/service-tiers.ts'
import { suggestion } from './nearest-name.ts'
import type { Problem } from './policy/problem.ts'
import type { Path } from './policy/yaml-text.ts'
import type { ProviderSettings } from './providers/settings.ts'

export interface Config {
  /** Path of the file; undefined where there is none. */
  file: string | undefined
  listen: { host: string; port: number; maxBodyBytes: number }
  /** Folders, as paths from the working directory or absolute ones. */
  data: string
  policies: string
  /** What a commit outlives: the process, or a power cut too. */
  durability: 'process' | 'power'
  /** What becomes of requests that the ledger cannot record. */
  ledgerOnFailure: 'proceed' | 'refuse'
  /** How long the ledger keeps requests, and their sums by hour. */
  retention: RetentionSettings
  /** `access` undefined: lines of requests on a terminal, none in a pipe. */
  log: { level: 'error' | 'warn' | 'info'; access: boolean | undefined }
  /** Where spans go; undefined: where OpenTelemetry's own variables say. */
  traces: { endpoint: string; headers: Readonly<Record<string, string>> | undefined } | undefined
  access: { mode: 'open' | 'keys'; origins: readonly string[]; teams: ReadonlyMap<string, TeamLimits> }
  defaultProvider: string | undefined
  providers: readonly ProviderSettings[]
  /** No provider is configured, so that the environment and local ports are searched for some. */
  discoverProviders: boolean
  aliases: ReadonlyMap<string, string>
  embedding: EmbeddingSettings
  /** Who orders passages of documents anew; undefined: nobody. */
  reranker: RerankerSettings | undefined
  /** Where remembered questions are found. */
  vectors: VectorsSettings
  /** Of the whole installation. */
  budgets: readonly Budget[]
  /** By `provider/model`. */
  priceOverrides: Readonly<Record<string, PriceOverride>>
  /** What an answer of a service tier costs, as a multiple of the model's price. */
  serviceTiers: ServiceTiers
}

export interface ConfigSources {
  /** Undefined where there is no file. */
  file: { path: string; text: string } | undefined
  environment: Environment
  flags: Flags
  /** False where the platform starts no processes, so that `command` is refused. */
  startsProcesses?: boolean
}

export type ParsedConfig =
  | { kind: 'config'; config: Config; warnings: readonly Problem[] }
  /** Everything that is wrong, with the warnings among it. */
  | { kind: 'refused'; problems: readonly Problem[] }

/** Flags win over the environment, that over the file, and all over defaults. */
export function parseConfig(sources: ConfigSources): ParsedConfig {
  const { file, environment, flags, startsProcesses = true } = sources
  const layers = readLayers(file, environment, flags)
  const syntax = layers.flatMap((layer) => layer.yaml.syntaxProblems)
  if (syntax.length > 0) return { kind: 'refused', problems: syntax }

  const references: References = { used: new Map(), missing: [] }
  const values: { value: unknown; path: Path }[] = []
  const problems: Problem[] = []
  for (const layer of layers) {
    const before = references.missing.length
    values.push({ value: resolveReferences(layer.yaml.value, environment, references), path: layer.path })
    problems.push(...references.missing.slice(before).map((missing) => missingVariable(layer, missing)))
  }
  const unknown = new Set(references.missing.map(({ path }) => path.join('.')))
  const parsed = configSchema.safeParse(mergeLayers(values), { reportInput: true })
  for (const issue of parsed.error?.issues ?? []) {
    // A reference without its variable is said once, not also to be of the wrong kind.
    if (!unknown.has(issue.path.join('.'))) problems.push(...issueProblems(issue, layers))
  }
  const notes = mistypedVariables(environment, references.used)
  const config = parsed.success
    ? toConfig(parsed.data, { file: file?.path, startsProcesses }, layers, problems)
    : undefined
  const all = [...problems, ...notes].map((problem) => withoutSecrets(problem, references.used))
  if (config === undefined || all.some((problem) => problem.severity === 'error')) {
    return { kind: 'refused', problems: all }
  }
  return { kind: 'config', config, warnings: all }
}

function toConfig(
  content: ConfigContent,
  { file, startsProcesses }: { file: string | undefined; startsProcesses: boolean },
  layers: readonly Layer[],
  problems: Problem[],
): Config {
  const refuse = (path: Path, message: string) => {
    const layer = layerAt(layers, path)
    const stop = message.endsWith('?') ? '' : '.'
    if (layer !== undefined)
      problems.push(placed(layer.yaml.problem(path, `\`${path.join('.')}\` ${message}${stop}`), layer))
  }
  const listen = {
    host: content.listen?.host ?? '127.0.0.1',
    port: content.listen?.port ?? 8787,
    maxBodyBytes: content.listen?.max_body ?? 10 * 1024 ** 2,
  }
  const accessMode = content.access?.mode ?? 'open'
  const written = Object.entries(content.providers ?? {})
  const around = {
    listen,
    accessMode,
    folder: file !== undefined && layerAt(layers, ['providers'])?.origin === 'file' ? besides(file, '') : '',
    startsProcesses,
    refuse,
  }
  const config: Config = {
    file,
    listen,
    data: folder('data', content.data, file, layers),
    policies: folder('policies', content.policies, file, layers),
    durability: content.durability ?? 'process',
    ledgerOnFailure: content.ledger?.on_failure ?? 'proceed',
    retention: retentionSettings(content.retention ?? {}, refuse),
    log: { level: content.log?.level ?? 'info', access: content.log?.access },
    traces: content.traces && { endpoint: content.traces.endpoint, headers: content.traces.headers },
    access: {
      mode: accessMode,
      origins: content.access?.origins ?? [],
      teams: teamLimits(content.access?.teams ?? {}),
    },
    defaultProvider: content.default_provider,
    providers: written.map(([name, provider]) => providerSettings(name, provider, around)),
    discoverProviders: written.length === 0,
    aliases: new Map(Object.entries(content.aliases ?? {})),
    embedding: embeddingSettings(content.embedding ?? {}, {
      ...around,
      folder:
        layerAt(layers, ['embedding', 'model'])?.origin === 'file' && file !== undefined
          ? besides(file, '')
          : '',
    }),
    reranker: rerankerSettings(content.knowledge ?? {}, refuse),
    vectors: vectorsSettings(content.vectors ?? {}, refuse),
    budgets: budgetsOf(content.budgets ?? [], undefined),
    priceOverrides: priceOverrides(content.prices?.overrides ?? {}, refuse),
    serviceTiers: serviceTiers(content.prices?.service_tiers ?? {}),
  }
  checkSense(
    config,
    written.map(([name]) => name),
    refuse,
  )
  return config
}

/** What no single key shows to be wrong. */
function checkSense(
  config: Config,
  providers: readonly string[],
  refuse: (path: Path, message: string) => void,
): void {
  const { access, aliases, defaultProvider, listen } = config
  if (
    access.mode === 'open' &&
    !isLoopbackHost(listen.host.includes(':') ? `[${listen.host}]` : listen.host)
  ) {
    refuse(
      ['listen', 'host'],
      'must be a loopback address such as 127.0.0.1 unless access.mode is `keys`, because anybody could spend your providers’ money',
    )
  }
  if (access.mode === 'open' && access.teams.size > 0) {
    refuse(
      ['access', 'teams'],
      'must not stand where access.mode is `open`: teams are of keys, so that nobody would be limited',
    )
  }
  for (const origin of access.origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin.toLowerCase()) {
      refuse(['access', 'origins'], `must list origins such as https://app.example, not \`${origin}\``)
    }
  }
  if (defaultProvider !== undefined && providers.length > 0 && !providers.includes(defaultProvider)) {
    refuse(
      ['default_provider'],
      `must name one of the providers, not \`${defaultProvider}\`${suggestion(defaultProvider, providers)}`,
    )
  }
  for (const [alias, target] of aliases) {
    if (aliases.has(target))
      refuse(['aliases', alias], `must name a model, not \`${target}\`, which is an alias itself`)
  }
}

function teamLimits(
  written: Readonly<Record<string, { rpm?: number | undefined; tpm?: number | undefined }>>,
): Config['access']['teams'] {
  return new Map(
    Object.entries(written).map(([name, { rpm, tpm }]) => [
      name,
      { requestsPerMinute: rpm, tokensPerMinute: tpm },
    ]),
  )
}

/** A path in the file counts from the file's folder; one from elsewhere, from the working directory. */
function folder(
  key: 'data' | 'policies',
  text: string | undefined,
  file: string | undefined,
  layers: readonly Layer[],
): string {
  if (text === undefined) return file === undefined ? `.trimtab/${key}` : besides(file, key)
  return layerAt(layers, [key])?.origin === 'file' && file !== undefined ? besides(file, text) : text
}

function besides(file: string, path: string): string {
  if (/^(?:[/\\]|[A-Za-z]:[/\\])/.test(path)) return path
  const folderOfFile = /^(.*[/\\])[^/\\]*$/.exec(file)?.[1] ?? ''
  return folderOfFile + path.replace(/^\.[/\\]/, '')
}
