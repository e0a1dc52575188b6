/** The commands about policies over time: `policies log` and `policies rollback`. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { policiesLog, policiesRollback } from '../commands/policies.ts'
import { type ConfigFlags, readConfig } from '../platform/node/config-files.ts'
import { makeFolder } from '../platform/node/data-folder.ts'
import { readPolicyPaths } from '../platform/node/policy-files.ts'
import { policyHistoryFiles, writeWhole } from '../platform/node/policy-history-files.ts'
import { sha256 } from '../platform/node/sha256.ts'
import { output, run, withPlace, withPolicies } from './command-line.ts'

export function addPoliciesCommands(program: Command): void {
  const policies = program.command('policies').description('the policies that were in force')
  withPlace(policies.command('log').description('list every set of policies that was in force'))
    .option('--json', 'print JSON')
    .action((flags: ConfigFlags & { json?: boolean }) =>
      run(async () =>
        policiesLog(flags, policyHistoryFiles(readConfig(flags, process.env).config.data), output),
      ),
    )
  withPolicies(
    policies
      .command('rollback <set>')
      .description('write the policies of an earlier set back: its number or digest in `policies log`'),
  ).action((set: string, flags: ConfigFlags) => run(() => rollbackHere(set, flags)))
}

function rollbackHere(set: string, flags: ConfigFlags): Promise<number> {
  const { data, policies: folder } = readConfig(flags, process.env).config
  return policiesRollback(
    set,
    {
      history: policyHistoryFiles(data),
      folder,
      digestOf: sha256,
      now: Date.now(),
      readFiles: () => readPolicyPaths([folder]),
      writeFile(name, text) {
        makeFolder(folder)
        writeWhole(join(folder, name), text)
      },
      removeFile: (name) => rmSync(join(folder, name), { force: true }),
    },
    output,
  )
}
