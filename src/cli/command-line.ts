/** What every command of the command line shares: its output, its exit code, and the options that say where. */
import type { Command } from 'commander'
import type { Output } from '../commands/output.ts'
import { Failure } from '../errors.ts'
import { ConfigError, type ConfigFlags, readConfig } from '../platform/node/config-files.ts'

/** Where a reading command finds the ledger. */
export type Place = ConfigFlags & { url?: string }

/** A reader that has seen enough, `head` for instance, is no fault of the command. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

export const output: Output = {
  out: (line) => void process.stdout.write(`${line}\n`),
  error: (line) => void process.stderr.write(`${line}\n`),
}

/** Exit 1: what the user gave is wrong, or a check failed. Exit 2: it could not run. */
export async function run(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command()
  } catch (error) {
    output.error(error instanceof Error ? error.message : String(error))
    const theirs = error instanceof ConfigError || (error instanceof Failure && error.status < 500)
    process.exitCode = theirs ? 1 : 2
  }
}

/** The data folder that flags, environment and file name. @throws ConfigError */
export function dataFolder(flags: ConfigFlags): string {
  return readConfig(flags, process.env).config.data
}

export function withPlace(command: Command): Command {
  return command
    .option('--config <file>', 'default: trimtab.yaml, where it is there')
    .option('--data <folder>', 'data folder')
}

export function withPolicies(command: Command): Command {
  return withPlace(command).option('--policies <folder>', 'folder of policy files')
}

export function withUrl(command: Command): Command {
  return command.option('--url <url>', 'ask a running trimtab (TRIMTAB_ADMIN_KEY) instead of the data folder')
}
