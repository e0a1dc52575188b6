/** The commands about policy files: `init` and `check`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { check } from '../commands/check.ts'
import { init } from '../commands/init.ts'
import { confirmModel, sha256 } from '../node.ts'
import { createFile } from '../platform/node/command-files.ts'
import { type ConfigFlags, readConfig } from '../platform/node/config-files.ts'
import { packageFolder } from '../platform/node/package-files.ts'
import { readPolicyPaths } from '../platform/node/policy-files.ts'
import { output, run, withPolicies } from './command-line.ts'

type CheckFlags = ConfigFlags & { strict?: boolean; json?: boolean }

export function addPolicyCommands(program: Command): void {
  withPolicies(
    program.command('init').description('write trimtab.yaml, a default policy and the schema for editors'),
  ).action((flags: ConfigFlags) => run(() => initHere(flags)))
  withPolicies(program.command('check [files...]').description('check policy files'))
    .option('--strict', 'fail on models that no provider lists')
    .option('--json', 'print JSON')
    .action((files: string[], flags: CheckFlags) => run(() => checkHere(files, flags)))
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

async function checkHere(files: readonly string[], flags: CheckFlags): Promise<number> {
  const { config } = readConfig(flags, process.env)
  return check(
    { files, strict: flags.strict === true, json: flags.json === true },
    {
      policiesFolder: config.policies,
      readPaths: readPolicyPaths,
      digestOf: sha256,
      confirmModel: await confirmModel(config, process.env),
    },
    output,
  )
}
