/** The command that writes the files an operator starts from: `init`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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
