/** The commands about what is remembered. */
import type { Command } from 'commander'
import { cachePurged, cacheStats } from '../commands/cache.ts'
import { exportCache } from '../commands/cache-export.ts'
import { importCache } from '../commands/cache-import.ts'
import type { ConfigFlags } from '../platform/node/config-files.ts'
import { linesOf, writeLines } from '../platform/node/line-files.ts'
import { CACHE_DISK_BYTES, withCacheDatabase } from '../platform/node/node-cache.ts'
import { ExactImport, exactAnswers, IMPORTED_AT_ONCE } from '../storage/exact-answers-copy.ts'
import { exactStats, purgeExactAnswers } from '../storage/sqlite-exact-store.ts'
import { dataFolder, output, run, withPlace } from './command-line.ts'
import { addWarmCommand } from './warm-command.ts'

type JsonFlags = ConfigFlags & { json?: boolean }
type PurgeFlags = JsonFlags & { workflow?: string; tenant?: string }

const FILE_HELP = `
A file of lines of JSON: a head, then an answer a line with who gave it, when, for which tenant and workflow, and until
when it is kept. Answers are found where policies, providers and aliases are the same as where they were exported.`

export function addCacheCommands(program: Command): void {
  const cache = program.command('cache').description('remembered answers')
  withPlace(cache.command('stats').description('how much is remembered'))
    .option('--json', 'print JSON')
    .action((flags: JsonFlags) =>
      run(() =>
        withCacheDatabase(dataFolder(flags), false, (database) =>
          cacheStats(exactStats(database), flags, output),
        ),
      ),
    )
  withPlace(cache.command('purge').description('forget, on a running server within a second'))
    .option('--workflow <name>', 'only of this workflow')
    .option('--tenant <tenant>', 'only of this tenant')
    .option('--json', 'print JSON')
    .action((flags: PurgeFlags) =>
      run(() =>
        withCacheDatabase(dataFolder(flags), false, (database) =>
          cachePurged(purgeExactAnswers(database, flags), flags, output),
        ),
      ),
    )
  withPlace(
    cache
      .command('export <file>')
      .description('write what is remembered into a file, or - for standard output'),
  )
    .option('--json', 'print JSON')
    .addHelpText('after', FILE_HELP)
    .action((file: string, flags: JsonFlags) => run(() => exportHere(file, flags)))
  withPlace(
    cache
      .command('import <file>')
      .description('remember what a file (- for standard input) holds, also while trimtab serves'),
  )
    .option('--json', 'print JSON')
    .addHelpText('after', FILE_HELP)
    .action((file: string, flags: JsonFlags) => run(() => importHere(file, flags)))
  addWarmCommand(cache)
}

function exportHere(file: string, flags: JsonFlags): Promise<number> {
  const now = Date.now()
  return withCacheDatabase(dataFolder(flags), false, (database) =>
    exportCache(file, flags, { answers: exactAnswers(database, now), write: writeLines, now }, output),
  )
}

function importHere(file: string, flags: JsonFlags): Promise<number> {
  const now = Date.now()
  return withCacheDatabase(dataFolder(flags), true, (database) => {
    const taking = new ExactImport(database, CACHE_DISK_BYTES, now)
    const parts = {
      lines: linesOf(file),
      put: taking.put.bind(taking),
      batch: IMPORTED_AT_ONCE,
      now,
    }
    return importCache(file, flags, parts, output)
  })
}
