/** `trimtab serve`: starts the proxy, tells where it listens, follows changed files, and drains on SIGTERM. */

import { configProblemLine } from '../config/config-problems.ts'
import type { Config, ParsedConfig } from '../config.ts'
import type { Observer } from '../gateway/observer.ts'
import type { Reload } from '../policy/policy-source.ts'
import { type Problem, problemLine } from '../policy/problem.ts'
import type { Output } from './output.ts'

/** A started trimtab. */
export interface Running {
  host: string
  port: number
  /** Names of the providers in force. */
  providers: readonly string[]
  /** The admin key was made at this start. */
  adminKeyMade: boolean
  /**
   * Puts providers, aliases, prices and budgets of a changed configuration in force; of one that is refused, tells `/readyz`.
   * False where they are not: it is refused, or a later one was given meanwhile.
   */
  reconfigure(parsed: ParsedConfig): Promise<boolean>
  /** Answers what is under way within `graceMs`, settles the ledger and lets go of the data folder. */
  close(graceMs: number): Promise<void>
}

export interface StartOptions {
  config: Config
  /** For `/readyz`: what the configuration says that nothing acts on. */
  warnings: readonly Problem[]
  /** Nothing but the simulated provider answers. */
  sandboxOnly: boolean
  /** One line for the operator. */
  info(message: string): void
  warn(message: string): void
  /** A line that a provider's command printed. */
  printed(provider: string, line: string): void
  /** A failure that is ours; the id is empty where it is no request's. */
  failed(error: unknown, requestId: string): void
  /** Told of traffic. */
  observers: readonly Observer[]
  /** Told of every policy reload, the first too. */
  reloaded(reload: Reload): void
}

/** Where an operator reads what happens: sentences on a terminal, JSON lines in a pipe. */
interface ServeLog {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
  printed(provider: string, line: string): void
  failed(error: unknown, requestId: string): void
  /** The access log, where one is wanted. */
  observers: readonly Observer[]
  close(): void
}

interface ServeParts {
  /** @throws Error with a sentence a line */
  readConfig(): { config: Config; warnings: readonly Problem[] }
  followConfig(changed: (parsed: ParsedConfig) => void): () => void
  start(options: StartOptions): Promise<Running>
  openLog(config: Config['log']): Promise<ServeLog>
  /** Resolves when the process is asked to end. */
  untilStopped(): Promise<void>
}

/** Agents hold streams open for minutes; a deployment that wants less sends SIGKILL. */
const GRACE_MS = 30_000

/** Returns the exit code: 0 after a drain, 1 where the configuration is wrong; throws where it could not start. */
export async function serveCommand(
  options: { sandbox: boolean },
  parts: ServeParts,
  output: Output,
): Promise<number> {
  const { config, warnings } = parts.readConfig()
  const log = await parts.openLog(config.log)
  for (const warning of warnings) log.warn(configProblemLine(warning))
  let served = false
  const running = await parts.start({
    config,
    warnings,
    sandboxOnly: options.sandbox,
    info: (message) => log.info(message),
    warn: (message) => log.warn(message),
    printed: (provider, line) => log.printed(provider, line),
    failed: (error, requestId) => log.failed(error, requestId),
    observers: log.observers,
    reloaded: (reload) => {
      tellReload(reload, served, log)
      served ||= reload.served
    },
  })
  for (const line of banner(running, config, options.sandbox)) output.out(line)
  const unfollow = parts.followConfig((parsed) => {
    reconfigure(parsed, config, running, log).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      log.error(`Configuration: not taken over (${reason}); the one before stays in force.`)
    })
  })
  await parts.untilStopped()
  unfollow()
  log.info('Stopping: answers under way may end, new requests are refused.')
  await running.close(GRACE_MS)
  log.close()
  return 0
}

function banner(running: Running, config: Config, sandbox: boolean): string[] {
  const origin = `http://${running.host.includes(':') ? `[${running.host}]` : running.host}:${running.port}`
  const lines = [
    `trimtab listens on ${origin}`,
    `  providers  ${running.providers.filter((name) => sandbox || name !== 'sandbox').join(', ') || 'none'}`,
    `  access     ${config.access.mode === 'open' ? 'open to this machine' : 'by keys: trimtab keys create --name NAME'}`,
    `  policies   ${config.policies}`,
    `  data       ${config.data}`,
    '',
    `  export OPENAI_BASE_URL=${origin}/v1`,
  ]
  if (sandbox) lines.splice(1, 0, '  SANDBOX    every answer is simulated')
  return lines
}

/** `served`: whether any were in force before. */
function tellReload(reload: Reload, served: boolean, log: ServeLog): void {
  for (const problem of reload.problems) {
    if (problem.severity === 'error') log.error(problemLine(problem))
    else log.warn(problemLine(problem))
  }
  if (reload.served) log.info(`Policies: ${reload.files} ${reload.files === 1 ? 'file' : 'files'} in force.`)
  else if (served) log.error('Policies: not taken over; the ones before stay in force.')
  else log.error('Policies: not taken over; until they are mended, requests go where they ask to.')
}

async function reconfigure(
  parsed: ParsedConfig,
  before: Config,
  running: Running,
  log: ServeLog,
): Promise<void> {
  if (parsed.kind === 'refused') {
    for (const problem of parsed.problems) log.error(configProblemLine(problem))
    await running.reconfigure(parsed)
    return log.error('Configuration: not taken over; the one before stays in force.')
  }
  for (const warning of parsed.warnings) log.warn(configProblemLine(warning))
  if (!(await running.reconfigure(parsed))) return
  log.info('Configuration: providers, aliases, prices and budgets taken over.')
  const restart = needsRestart(before, parsed.config)
  if (restart.length > 0) log.warn(`Configuration: ${restart.join(', ')} changes at the next start.`)
}

function needsRestart(before: Config, after: Config): string[] {
  const keys = [
    'listen',
    'data',
    'policies',
    'durability',
    'ledgerOnFailure',
    'access',
    'log',
    'traces',
  ] as const
  return keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
}
