/** The command that writes the files an operator starts from: `init`. */
import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative } from 'node:path'
import type { Command } from 'commander'
import { init } from '../commands/init.ts'
import { createFile } from '../platform/node/command-files.ts'
import type { ConfigFlags } from '../platform/node/config-files.ts'
import { packageFolder } from '../platform/node/package-files.ts'
import { output, run, withPolicies } from './command-line.ts'

export function addInitCommands(program: Command): void {
  withPolicies(
    program.command('init').description('write trimtab.yaml, a default policy and the schema for editors'),
  ).action((flags: ConfigFlags) => run(() => initHere(flags)))
}

function initHere(flags: ConfigFlags): Promise<number> {
  const configPath = flags.config ?? 'trimtab.yaml'
  const policiesFolder = flags.policies ?? 'policies'
  const data = flags.data === undefined ? undefined : besides(configPath, flags.data)
  return init(
    {
      configPath,
      policiesFolder,
      folders: { policies: besides(configPath, policiesFolder), data },
      policyTemplate: readFileSync(join(packageFolder(), 'policies', 'default.yaml'), 'utf8'),
      createFile,
    },
    output,
  )
}

/** A folder as a file speaks of it: on the command line it counts from the working folder, in the file from the file's. */
function besides(file: string, folder: string): string {
  if (isAbsolute(folder)) return folder
  const path = relative(dirname(file), folder).replaceAll('\\', '/')
  return path.startsWith('..') ? path : `./${path}`
}
