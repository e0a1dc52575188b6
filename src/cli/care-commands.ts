/** The commands that look after an installation: `doctor`, `backup` and `restore`. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { backupCommand, restoreCommand } from '../commands/backup.ts'
import { type Check, doctor, type Finding } from '../commands/doctor.ts'
import { checkCommand } from '../commands/doctor-commands.ts'
import {
  checkEstimates,
  checkFolder,
  checkLedger,
  checkPort,
  checkPrices,
} from '../commands/doctor-machine.ts'
import { checkMetrics } from '../commands/doctor-metrics.ts'
import { checkProviders } from '../commands/doctor-providers.ts'
import { configProblemLine } from '../config/config-problems.ts'
import type { Config } from '../config.ts'
import { shippedPriceTable } from '../metering/price-table.ts'
import { commandState } from '../platform/node/command-state.ts'
import { ConfigError, type ConfigFlags, readConfig } from '../platform/node/config-files.ts'
import { openDataFolder } from '../platform/node/data-folder.ts'
import { launchFolder } from '../platform/node/launch-records.ts'
import { estimateErrorsOf } from '../platform/node/ledger-lessons.ts'
import { commandStandings, folderState, ledgerState, portState } from '../platform/node/machine-state.ts'
import { nameOf } from '../platform/node/model-servers.ts'
import { readPolicyPaths } from '../platform/node/policy-files.ts'
import { readPriceTable } from '../platform/node/price-table-file.ts'
import { sha256 } from '../platform/node/sha256.ts'
import { openForReading } from '../platform/node/sqlite.ts'
import { sqliteFault } from '../platform/node/sqlite-binary.ts'
import { readPolicies } from '../policy/policy-set.ts'
import { problemLine } from '../policy/problem.ts'
import type { Registry } from '../providers/registry.ts'
import type { CommandSettings } from '../providers/settings.ts'
import { backUpLedger, restoreLedger } from '../storage/backup.ts'
import { commandCatalog } from './command-catalog.ts'
import { dataFolder, output, run, withPlace, withPolicies } from './command-line.ts'

const RESTORE_HELP = `
Stop trimtab first: a data folder in use is refused. The ledger that was there stays beside the new one as
ledger.db.before-restore-TIME. Keys are those of the backup; policies and configuration are left as they are.
An older backup is brought forward at the next start.`

export function addCareCommands(program: Command): void {
  withPolicies(
    program
      .command('doctor')
      .description('look at providers, keys, disk, clock, ledger, prices and policies'),
  )
    .option('--host <host>', 'address that would be listened on')
    .option('--port <number>', 'port that would be listened on')
    .option('--json', 'print JSON')
    .action((flags: ConfigFlags & { json?: boolean }) => run(() => doctorHere(flags)))
  withPlace(
    program.command('backup <file>').description('copy the ledger into one file, also while trimtab serves'),
  ).action((file: string, flags: ConfigFlags) => run(() => backupHere(file, ledgerOf(flags))))
  withPlace(program.command('restore <file>').description('put a backup in the place of the ledger'))
    .addHelpText('after', RESTORE_HELP)
    .action((file: string, flags: ConfigFlags) => run(async () => restoreHere(file, flags)))
}

async function doctorHere(flags: ConfigFlags & { json?: boolean }): Promise<number> {
  try {
    const { config, warnings } = readConfig(flags, process.env)
    const told = warnings.map(
      (warning): Finding => about('configuration', 'warn', configProblemLine(warning)),
    )
    const sound = about('configuration', 'ok', config.file ?? 'none; providers are found in the environment.')
    return await doctor(flags, [() => (told.length > 0 ? told : [sound]), ...checksOf(config)], output)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const lines = error.message.split('\n')
    return doctor(flags, [() => lines.map((line) => about('configuration', 'fail', line))], output)
  }
}

function checksOf(config: Config): Check[] {
  const ledger = join(config.data, 'ledger.db')
  const { host, port } = config.listen
  const startedHere = new Set(config.providers.filter(({ command }) => command).map(({ name }) => name))
  let made: ReturnType<typeof commandCatalog> | undefined
  const catalog = () => {
    made ??= commandCatalog(config, process.env)
    return made
  }
  return [
    () => checkPolicies(config.policies),
    async () => checkProviders((await catalog()).registry, startedHere, Date.now),
    async () => checkCommands(config, (await catalog()).registry),
    () => checkFolder(config.data, folderState(config.data)),
    () => checkSqlite(sqliteFault()),
    () => checkLedger(ledger, ledgerState(ledger)),
    () => checkEstimates(estimateErrorsOf(config.data)),
    () => checkPrices(readPriceTable(config.data) ?? shippedPriceTable(), Date.now()),
    async () => checkPort(host, port, await portState(host, port)),
  ]
}

/** Only its fault is worth a line. */
function checkSqlite(fault: string | undefined): readonly Finding[] {
  return fault === undefined ? [] : [about('sqlite', 'fail', fault)]
}

async function checkPolicies(folder: string): Promise<readonly Finding[]> {
  if (!existsSync(folder))
    return [about('policies', 'ok', `${folder} is not there: the built-in policy is in force.`)]
  const files = await readPolicyPaths([folder]).catch((error: Error) => error.message)
  if (typeof files === 'string') return [about('policies', 'fail', files)]
  const { problems } = readPolicies(files, sha256)
  if (problems.length === 0) return [about('policies', 'ok', `${files.length} in ${folder}, all sound.`)]
  return problems.map((problem) =>
    about('policies', problem.severity === 'error' ? 'fail' : 'warn', problemLine(problem)),
  )
}

async function checkCommands(
  { data, listen, providers }: Config,
  registry: Registry,
): Promise<readonly Finding[]> {
  const commands = providers.flatMap(({ name, command }) =>
    Array.from({ length: command === undefined ? 0 : (command.replicas ?? 1) }, (_, index) => ({
      server: nameOf(name, index + 1),
      provider: registry.providers.get(name),
      index,
      command: command as CommandSettings,
    })),
  )
  if (commands.length === 0) return []
  const standings = await commandStandings(listen.host, listen.port)
  const where = { folder: launchFolder(data), path: process.env.PATH ?? '', standings }
  const found = commands.map(async ({ server, provider, index, command }) => {
    const state = await commandState(server, command, where)
    // Of what does not run, each replica would say the same.
    const isTold = index === 0 || state.kind === 'runs' || state.kind === 'orphan' || state.kind === 'failing'
    if (!isTold) return []
    const finding = checkCommand(server, state)
    const replica = provider?.replicas[index]
    if (provider === undefined || replica === undefined || state.kind !== 'runs' || !state.ready)
      return [finding]
    const there = { ...replica, origin: `http://127.0.0.1:${state.port}` }
    return [finding, ...(await checkMetrics(provider, there, finding.name))]
  })
  return (await Promise.all(found)).flat()
}

function about(name: string, state: Finding['state'], message: string): Finding {
  return { name, state, message }
}

async function backupHere(file: string, ledger: string): Promise<number> {
  const source = openForReading(ledger)
  try {
    return await backupCommand(
      file,
      { ledger, copyTo: (target) => backUpLedger(source, target), sizeOf: (path) => statSync(path).size },
      output,
    )
  } finally {
    source.close()
  }
}

function restoreHere(file: string, flags: ConfigFlags): number {
  const ledger = ledgerOf(flags)
  openDataFolder(dataFolder(flags))
  return restoreCommand(
    file,
    { ledger, replaceBy: (from) => restoreLedger(from, ledger, Date.now()) },
    output,
  )
}

function ledgerOf(flags: ConfigFlags): string {
  return join(dataFolder(flags), 'ledger.db')
}
