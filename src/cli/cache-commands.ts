/** The commands about what is remembered. */
import type { Command } from 'commander'
import { cachePurged, cacheStats } from '../commands/cache.ts'
import type { ConfigFlags } from '../platform/node/config-files.ts'
import { withCacheDatabase } from '../platform/node/node-cache.ts'
import { exactStats, purgeExactAnswers } from '../storage/sqlite-exact-store.ts'
import { dataFolder, output, run, withPlace } from './command-line.ts'

type StatsFlags = ConfigFlags & { json?: boolean }
type PurgeFlags = StatsFlags & { workflow?: string; tenant?: string }

export function addCacheCommands(program: Command): void {
  const cache = program.command('cache').description('remembered answers')
  withPlace(cache.command('stats').description('how much is remembered'))
    .option('--json', 'print JSON')
    .action((flags: StatsFlags) =>
      run(() =>
        withCacheDatabase(dataFolder(flags), (database) => cacheStats(exactStats(database), flags, output)),
      ),
    )
  withPlace(cache.command('purge').description('forget, on a running server within a second'))
    .option('--workflow <name>', 'only of this workflow')
    .option('--tenant <tenant>', 'only of this tenant')
    .option('--json', 'print JSON')
    .action((flags: PurgeFlags) =>
      run(() =>
        withCacheDatabase(dataFolder(flags), (database) =>
          cachePurged(purgeExactAnswers(database, flags), flags, output),
        ),
      ),
    )
}
