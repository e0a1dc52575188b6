/** The commands about what routing learned: `learning list`, `show`, `rollback` and `forget`. */
import type { Command } from 'commander'
import { learningForget, learningList, learningRollback, learningShow } from '../commands/learning.ts'
import { type ConfigFlags, readConfig } from '../platform/node/config-files.ts'
import { withLearnStore } from '../platform/node/open-learning.ts'
import type { SqliteLearnStore } from '../storage/sqlite-learn-store.ts'
import { output, run, withPlace } from './command-line.ts'

type JsonFlags = ConfigFlags & { json?: boolean }

export function addLearningCommands(program: Command): void {
  const learning = program.command('learning').description("what routing learned of workflows' own traffic")
  withPlace(learning.command('list').description('by workflow: labels, and the version in force'))
    .option('--json', 'print JSON')
    .action((flags: JsonFlags) => here(flags, (store) => learningList(flags, store, output)))
  withPlace(learning.command('show <workflow>').description('every version, with what it was held to'))
    .option('--json', 'print JSON')
    .action((workflow: string, flags: JsonFlags) =>
      here(flags, (store) => learningShow(workflow, flags, store, output)),
    )
  withPlace(
    learning
      .command('rollback <workflow>')
      .description('take the version in force back; holds on a running server within a second'),
  )
    .option('--to <version>', 'a version of `learning show`, or none; default: the one before, or none')
    .action((workflow: string, flags: ConfigFlags & { to?: string }) =>
      here(flags, (store) => learningRollback(workflow, flags, { store, now: Date.now() }, output)),
    )
  withPlace(learning.command('forget <workflow>').description('forget its labels and versions')).action(
    (workflow: string, flags: ConfigFlags) => here(flags, (store) => learningForget(workflow, store, output)),
  )
}

function here(flags: ConfigFlags, use: (store: SqliteLearnStore) => number): Promise<void> {
  return run(() => withLearnStore(readConfig(flags, process.env).config.data, use))
}
