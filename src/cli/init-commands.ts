/** The command that writes the files an operator starts from: `init`. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative } from 'node:path'
import type { Command } from 'commander'
import { init, initFromLitellm } from '../commands/init.ts'
import { type SeenTraffic, seenTraffic } from '../commands/seen-traffic.ts'
import { Failure } from '../errors.ts'
import { createFile } from '../platform/node/command-files.ts'
import { withReader } from '../platform/node/command-stores.ts'
import { type ConfigFlags, readConfig } from '../platform/node/config-files.ts'
import { packageFolder } from '../platform/node/package-files.ts'
import { output, run, withPolicies } from './command-line.ts'

type InitFlags = ConfigFlags & { from?: string }

export function addInitCommands(program: Command): void {
  withPolicies(
    program
      .command('init [file]')
      .description(
        'write trimtab.yaml, a default policy that names the traffic seen, and the schema for editors',
      ),
  )
    .option('--from <tool>', 'convert the configuration FILE of another gateway: litellm')
    .action((file: string | undefined, flags: InitFlags) => run(() => initHere(file, flags)))
}

async function initHere(file: string | undefined, flags: InitFlags): Promise<number> {
  if (flags.from !== undefined || file !== undefined) return convertHere(file, flags)
  const { configPath, policiesFolder } = places(flags)
  const ledgerFolder = folderOfLedger(flags)
  const data = flags.data ?? ledgerFolder
  return init(
    {
      configPath,
      policiesFolder,
      folders: {
        policies: besides(configPath, policiesFolder),
        data: data === undefined ? undefined : besides(configPath, data),
      },
      policyTemplate: readFileSync(join(packageFolder(), 'policies', 'default.yaml'), 'utf8'),
      seen: ledgerFolder === undefined ? undefined : await seenIn(ledgerFolder),
      createFile,
    },
    output,
  )
}

async function convertHere(file: string | undefined, flags: InitFlags): Promise<number> {
  if (flags.from !== 'litellm') {
    throw new Failure(
      'invalid_request',
      `--from must be litellm, with its file: trimtab init --from litellm config.yaml.`,
    )
  }
  if (file === undefined) {
    throw new Failure('invalid_request', 'Name the file to convert: trimtab init --from litellm config.yaml.')
  }
  return initFromLitellm({ ...places(flags), from: { path: file, text: textOf(file) }, createFile }, output)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Failure('invalid_request', `The file ${file} cannot be read: ${reason}`)
  }
}

/** The data folder in force, where a ledger is in it. */
function folderOfLedger(flags: ConfigFlags): string | undefined {
  const isThere = flags.config === undefined || existsSync(flags.config)
  try {
    const { data } = readConfig(isThere ? flags : { data: flags.data }, process.env).config
    return existsSync(join(data, 'ledger.db')) ? data : undefined
  } catch {
    return undefined // a configuration that is wrong is kept, and `check` says so
  }
}

/** What was seen is a help, not a need: where the ledger cannot be read, the files are written all the same. */
async function seenIn(data: string): Promise<SeenTraffic | undefined> {
  let seen: SeenTraffic | undefined
  try {
    await withReader(data, async (reader) => {
      seen = await seenTraffic(reader, Date.now())
      return 0
    })
  } catch {
    return undefined
  }
  return seen
}

function places(flags: ConfigFlags): { configPath: string; policiesFolder: string } {
  return { configPath: flags.config ?? 'trimtab.yaml', policiesFolder: flags.policies ?? 'policies' }
}

/** A folder as a file speaks of it: on the command line it counts from the working folder, in the file from the file's. */
function besides(file: string, folder: string): string {
  if (isAbsolute(folder)) return folder
  const path = relative(dirname(file), folder).replaceAll('\\', '/')
  return path.startsWith('..') ? path : `./${path}`
}
