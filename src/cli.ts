#!/usr/bin/env node
/** The command line: which words run which command, with which parts of this machine. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Command } from 'commander'
import { check } from './commands/check.ts'
import { demo } from './commands/demo.ts'
import { init } from './commands/init.ts'
import { createKey, listKeys, revokeKey } from './commands/keys.ts'
import type { Output } from './commands/output.ts'
import { remoteReader } from './commands/remote-reader.ts'
import { type ReportOptions, reportCommand } from './commands/report.ts'
import { type RequestsOptions, requestsCommand } from './commands/requests.ts'
import { serveCommand } from './commands/serve.ts'
import { Failure } from './errors.ts'
import type { LedgerReader } from './metering/reports.ts'
import { suggestion } from './nearest-name.ts'
import { confirmModel, sha256, startServer } from './node.ts'
import { createFile } from './platform/node/command-files.ts'
import { withKeys, withReader } from './platform/node/command-stores.ts'
import { ConfigError, type ConfigFlags, followConfig, readConfig } from './platform/node/config-files.ts'
import { openLedgerReader } from './platform/node/node-ledger.ts'
import { packageFolder, packageVersion } from './platform/node/package-files.ts'
import { readPolicyPaths } from './platform/node/policy-files.ts'

type Place = ConfigFlags & { url?: string }

const output: Output = {
  out: (line) => void process.stdout.write(`${line}\n`),
  error: (line) => void process.stderr.write(`${line}\n`),
}
const { env } = process

const program = new Command('trimtab')
  .description('OpenAI-compatible proxy that forwards every request untouched and meters it to the token')
  .version(packageVersion())
  .showSuggestionAfterError()

withPlace(program.command('serve', { isDefault: true }).description('start the proxy (the default command)'))
  .option('--host <host>', 'address to listen on')
  .option('--port <number>', 'port to listen on; 0 takes a free one')
  .option('--policies <folder>', 'folder of policy files')
  .option('--sandbox', 'simulate every answer')
  .action((flags: ConfigFlags & { sandbox?: boolean }) => run(() => serveHere(flags, flags.sandbox === true)))

program
  .command('demo')
  .description('run the main job once on simulated answers, and print its report')
  .action(() => run(runDemo))

withPlace(
  program.command('init').description('write trimtab.yaml, a default policy and the schema for editors'),
)
  .option('--policies <folder>', 'folder of policy files')
  .action((flags: ConfigFlags) => run(() => initHere(flags)))

withPlace(program.command('check [files...]').description('check policy files'))
  .option('--policies <folder>', 'folder of policy files')
  .option('--strict', 'fail on models that no provider lists')
  .option('--json', 'print JSON')
  .action((files: string[], flags: ConfigFlags & { strict?: boolean; json?: boolean }) =>
    run(() => checkHere(files, flags)),
  )

withUrl(
  withPlace(program.command('report').description('sum tokens and cost by workflow, step, model, day …')),
)
  .option('--since <when>', '24h, 7d or a date', '24h')
  .option('--until <when>', 'a duration ago or a date; default: now')
  .option('--tz <zone>', 'time zone in which days are cut', 'UTC')
  .option('--by <dimensions>', 'separated by commas', 'workflow,step')
  .option('--json', 'print JSON')
  .option('--csv', 'print CSV')
  .action((flags: Place & ReportOptions) =>
    run(() => withLedger(flags, (reader) => reportCommand(flags, { reader, now: Date.now() }, output))),
  )

withUrl(
  withPlace(program.command('requests [id]').description('list the latest requests, or show one whole')),
)
  .option('--since <when>', 'a duration ago or a date')
  .option('--limit <number>', 'how many', '20')
  .option('--follow', 'go on as requests end')
  .option('--json', 'print JSON')
  .action((id: string | undefined, flags: Place & RequestsOptions) =>
    run(() => withLedger(flags, (reader) => requestsHere(id, flags, reader))),
  )

const keys = program.command('keys').description('keys that applications call with')

withPlace(keys.command('create').description('make a key and show it, once'))
  .requiredOption('--name <name>')
  .option('--tenant <tenant>', 'default: a tenant of its own')
  .option('--team <team>')
  .option('--models <globs>', 'models it may ask for, separated by commas')
  .option('--workflows <names>', 'workflows it may use, separated by commas')
  .option('--rpm <number>', 'requests a minute')
  .option('--tpm <number>', 'tokens a minute')
  .option('--expires <when>', '30d or a date')
  .option('--json', 'print JSON')
  .action((flags: ConfigFlags & Parameters<typeof createKey>[0]) =>
    run(() =>
      withKeys(readConfig(flags, env).config.data, true, (keys) =>
        createKey(flags, { keys, randomBytes, sha256, now: Date.now }, output),
      ),
    ),
  )

withPlace(keys.command('list').description('list keys, never their secrets'))
  .option('--json', 'print JSON')
  .action((flags: ConfigFlags & { json?: boolean }) =>
    run(() =>
      withKeys(readConfig(flags, env).config.data, false, (keys) =>
        listKeys(flags, { keys, now: Date.now }, output),
      ),
    ),
  )

withPlace(
  keys.command('revoke <id>').description('revoke a key, on a running server within a second'),
).action((id: string, flags: ConfigFlags) =>
  run(() =>
    withKeys(readConfig(flags, env).config.data, false, (keys) =>
      revokeKey(id, { keys, now: Date.now }, output),
    ),
  ),
)

const mistyped = unknownCommand(process.argv[2])
if (mistyped === undefined) await program.parseAsync()
else {
  output.error(mistyped)
  process.exitCode = 1
}

/** Commander would hand a mistyped command to the default one, as an argument too many. */
function unknownCommand(word: string | undefined): string | undefined {
  const names = [...program.commands.map((command) => command.name()), 'help']
  if (word === undefined || word.startsWith('-') || names.includes(word)) return undefined
  return `There is no command \`${word}\`${suggestion(word, names) || '; `trimtab --help` lists them.'}`
}

function withPlace(command: Command): Command {
  return command
    .option('--config <file>', 'default: trimtab.yaml, where it is there')
    .option('--data <folder>', 'data folder')
}

function withUrl(command: Command): Command {
  return command.option('--url <url>', 'ask a running trimtab (TRIMTAB_ADMIN_KEY) instead of the data folder')
}

/** Exit 1: what the user gave is wrong, or a check failed. Exit 2: it could not run. */
async function run(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command()
  } catch (error) {
    output.error(error instanceof Error ? error.message : String(error))
    const theirs = error instanceof ConfigError || (error instanceof Failure && error.status < 500)
    process.exitCode = theirs ? 1 : 2
  }
}

function serveHere(flags: ConfigFlags, sandbox: boolean): Promise<number> {
  return serveCommand(
    { sandbox },
    {
      readConfig: () => readConfig(flags, env),
      followConfig: (changed) => followConfig(flags, env, changed),
      start: (options) => startServer({ ...options, environment: env }),
      untilStopped: () =>
        new Promise((resolve) => {
          process.once('SIGTERM', () => resolve())
          process.once('SIGINT', () => resolve())
        }),
    },
    output,
  )
}

async function runDemo(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-demo-'))
  const { config } = readConfig({ data: folder, policies: join(folder, 'policies'), port: '0' }, {})
  const quiet = { warn: output.error, reloaded: () => {}, warnings: [] }
  const running = await startServer({ config, environment: {}, sandboxOnly: true, ...quiet })
  const stop = async (): Promise<LedgerReader> => {
    await running.close(0)
    return openLedgerReader(join(folder, 'ledger.db')).reader
  }
  try {
    return await demo({ baseUrl: `http://127.0.0.1:${running.port}/v1`, stop, now: Date.now }, output)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function initHere(flags: ConfigFlags): Promise<number> {
  const template = (...path: string[]): string => readFileSync(join(packageFolder(), ...path), 'utf8')
  return init(
    {
      configPath: flags.config ?? 'trimtab.yaml',
      policiesFolder: flags.policies ?? 'policies',
      configTemplate: template('trimtab.example.yaml'),
      policyTemplate: template('policies', 'default.yaml'),
      createFile,
    },
    output,
  )
}

async function checkHere(
  files: readonly string[],
  flags: ConfigFlags & { strict?: boolean; json?: boolean },
): Promise<number> {
  const { config } = readConfig(flags, env)
  return check(
    { files, strict: flags.strict === true, json: flags.json === true },
    {
      policiesFolder: config.policies,
      readPaths: readPolicyPaths,
      digestOf: sha256,
      confirmModel: await confirmModel(config, env),
    },
    output,
  )
}

function withLedger(flags: Place, use: (reader: LedgerReader) => Promise<number>): Promise<number> {
  if (flags.url !== undefined) return use(remoteReader(flags.url, env.TRIMTAB_ADMIN_KEY))
  return withReader(readConfig(flags, env).config.data, use)
}

function requestsHere(id: string | undefined, flags: RequestsOptions, reader: LedgerReader): Promise<number> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  const waitFor = (milliseconds: number): Promise<void> =>
    pause(milliseconds, undefined, { signal: stop.signal }).catch(() => {})
  return requestsCommand(id, flags, { reader, now: Date.now, pause: waitFor, signal: stop.signal }, output)
}
