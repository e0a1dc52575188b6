/** `cache warm`, wired: requests go to a running server, answers of the operator's own into its cache. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Principal } from '../access/principal.ts'
import { warmCache } from '../commands/cache-warm.ts'
import { instantOf } from '../commands/since.ts'
import type { WarmRequest } from '../commands/warm-lines.ts'
import { answersOfPair, type PairSources } from '../commands/warm-pairs.ts'
import { askToWarm, type WarmedRequests } from '../commands/warm-requests.ts'
import type { Config } from '../config.ts'
import { Failure } from '../errors.ts'
import { TokenRatios } from '../metering/token-ratios.ts'
import { type ConfigFlags, readConfig } from '../platform/node/config-files.ts'
import { openInstallation } from '../platform/node/installation-state.ts'
import { linesOf } from '../platform/node/line-files.ts'
import { CACHE_DISK_BYTES, withCacheDatabase } from '../platform/node/node-cache.ts'
import { openQuestionMemory, type QuestionMemory } from '../platform/node/question-memory.ts'
import { sha256 } from '../platform/node/sha256.ts'
import { ExactImport } from '../storage/exact-answers-copy.ts'
import type { NewEntry } from '../vectors/vector-index.ts'
import { callerNamed, soundPolicies, sourcesOf } from './asked-sources.ts'
import { output, run, withPolicies } from './command-line.ts'

interface WarmFlags extends ConfigFlags {
  url?: string
  key?: string
  ttl?: string
  concurrency: string
  json?: boolean
}

/** Pairs make two answers each, and a transaction should stay short. */
const PAIRS_AT_ONCE = 50
const MOST_AT_ONCE = 64

const WARM_HELP = `
FILE has a JSON object a line: bodies of requests, which may say under \`workflow\` and \`headers\` how to ask them, and
pairs {"question": …, "answer": …, "model"?: …, "workflow"?: …}. Requests are asked of the running trimtab, and cost what
they cost; with keys, as the caller whose key is in TRIMTAB_API_KEY. A pair is remembered as the answer to the request
with that model (default: auto) and the question as its only message, with \`temperature: 0\` or, under \`mode: on\`,
without a temperature. Where its
policy names \`cache.semantic\`, it also answers questions that mean the same, asked in either way.`

export function addWarmCommand(cache: Command): void {
  withPolicies(
    cache.command('warm <file>').description('fill the cache from requests, or questions with answers'),
  )
    .option(
      '--url <url>',
      'the running trimtab that is asked; default: where the configuration lets it listen',
    )
    .option('--concurrency <number>', 'requests under way at once', '4')
    .option('--key <name>', 'for pairs: name of the key whose memory it is')
    .option('--ttl <span>', 'for pairs: how long they are kept, as 30d; default: as the policy says')
    .option('--json', 'print JSON')
    .addHelpText('after', WARM_HELP)
    .action((file: string, flags: WarmFlags) => run(() => warmHere(file, flags)))
}

async function warmHere(file: string, flags: WarmFlags): Promise<number> {
  const { config } = readConfig(flags, process.env)
  const concurrency = wholeNumber('--concurrency', flags.concurrency, MOST_AT_ONCE)
  const now = Date.now()
  let sources: Promise<PairSources> | undefined
  // Only where a policy finds questions by their meaning.
  let memory: Promise<QuestionMemory> | undefined
  const questions = (): Promise<QuestionMemory> => {
    memory ??= openQuestionMemory(config)
    return memory
  }
  const embedderId = async (): Promise<string> => (await questions()).embedder.id
  const parts = {
    lines: linesOf(file),
    batch: PAIRS_AT_ONCE,
    async answersOf(pair: Parameters<typeof answersOfPair>[0]) {
      sources ??= pairSources(config, flags, { now, embedderId })
      return answersOfPair(pair, await sources)
    },
    put: (answers: Parameters<ExactImport['put']>[0]) =>
      withCacheDatabase(config.data, true, (database) => {
        new ExactImport(database, CACHE_DISK_BYTES, now).put(answers)
        return 0
      }),
    putQuestions: async (entries: readonly NewEntry[]) => (await questions()).put(entries),
    ask: (requests: readonly WarmRequest[], tell: (line: number, why: string) => void) =>
      askHere(requests, flags.url ?? addressOf(config), concurrency, tell),
  }
  try {
    return await warmCache(file, flags, parts, output)
  } finally {
    await memory?.then((opened) => opened.close())
  }
}

/** Ctrl-C lets what is paid for come in; a second one ends at once. */
async function askHere(
  requests: readonly WarmRequest[],
  url: string,
  concurrency: number,
  tell: (line: number, why: string) => void,
): Promise<WarmedRequests> {
  const stop = new AbortController()
  const interrupted = (): void => stop.abort()
  process.once('SIGINT', interrupted)
  const isTerminal = process.stderr.isTTY === true
  const write = (text: string): void => void (isTerminal && process.stderr.write(`\r\x1b[K${text}`))
  try {
    return await askToWarm(requests, {
      url,
      apiKey: process.env.TRIMTAB_API_KEY,
      concurrency,
      signal: stop.signal,
      pause: (milliseconds) => pause(milliseconds, undefined, { signal: stop.signal }).catch(() => {}),
      tell(line, why) {
        write('')
        tell(line, why)
      },
      progress: (done, all) => write(`${done} of ${all} requests`),
    })
  } finally {
    write('')
    process.off('SIGINT', interrupted)
  }
}

async function pairSources(
  config: Config,
  flags: WarmFlags,
  { now, embedderId }: Pick<PairSources, 'now' | 'embedderId'>,
): Promise<PairSources> {
  const policies = await soundPolicies(config, flags.policies !== undefined)
  const { registry } = (await sourcesOf(config, new TokenRatios()))(policies)
  const principal = await ownerOf(config, flags.key, registry().passesCredentials)
  const end = flags.ttl === undefined ? undefined : instantOf(flags.ttl, now, 1)
  if (flags.ttl !== undefined && (end === undefined || end <= now)) {
    throw new Failure('invalid_request', `--ttl must be a span such as 12h or 30d, not "${flags.ttl}".`)
  }
  const ttlMs = end === undefined ? undefined : end - now
  return { registry, sha256, policies: () => policies, principal, ttlMs, now, embedderId }
}

/** Whose memory pairs are put into; undefined: the one of everybody. */
async function ownerOf(
  config: Config,
  keyName: string | undefined,
  passesCredentials: boolean,
): Promise<Principal | undefined> {
  if (config.access.mode === 'open') return passesCredentials ? callerWithOwnKey() : undefined
  const state = openInstallation(config.data)
  try {
    const found = await callerNamed(keyName, config, state)
    if (found !== undefined) return found
    const why =
      keyName === undefined ? 'Each key has a memory of its own' : `No key named ${keyName} is in force`
    throw new Failure('not_found', `${why}: say with --key whose memory the answers are for.`)
  } finally {
    state.close()
  }
}

/** Where callers' own keys are passed on, each has a memory of its own. */
function callerWithOwnKey(): Principal | undefined {
  const key = process.env.TRIMTAB_API_KEY
  if (key === undefined) return undefined
  return {
    tenant: sha256(key),
    team: undefined,
    key: undefined,
    allowedModels: undefined,
    allowedWorkflows: undefined,
    credential: undefined,
  }
}

function addressOf({ listen: { host, port } }: Config): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text)
  if (/^\d{1,4}$/.test(text) && value >= 1 && value <= most) return value
  throw new Failure('invalid_request', `${option} must be a whole number from 1 to ${most}, not "${text}".`)
}
