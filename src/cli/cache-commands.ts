/** The commands about what is remembered. */
import type { Database } from 'better-sqlite3'
import type { Command } from 'commander'
import { cachePurged, cacheStats } from '../commands/cache.ts'
import { exportCache } from '../commands/cache-export.ts'
import { importCache } from '../commands/cache-import.ts'
import { Failure } from '../errors.ts'
import type { ConfigFlags } from '../platform/node/config-files.ts'
import { linesOf, writeLines } from '../platform/node/line-files.ts'
import { CACHE_DISK_BYTES, withCacheDatabase } from '../platform/node/node-cache.ts'
import { openStaticEmbedder } from '../platform/node/node-semantic.ts'
import { ExactImport, exactAnswers, IMPORTED_AT_ONCE } from '../storage/exact-answers-copy.ts'
import { removeQuestions, semanticStats } from '../storage/semantic-stats.ts'
import { exactStats, purgeExactAnswers } from '../storage/sqlite-exact-store.ts'
import { removeVectors } from '../storage/vector-removals.ts'
import { cosine } from '../vectors/cosine.ts'
import { dataFolder, output, run, withPlace } from './command-line.ts'
import { addWarmCommand } from './warm-command.ts'

type JsonFlags = ConfigFlags & { json?: boolean }
type PurgeFlags = JsonFlags & {
  workflow?: string
  tenant?: string
  key?: string
  tag?: string
  similar?: string
  similarity: string
}

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
          cacheStats({ exact: exactStats(database), semantic: semanticStats(database) }, flags, output),
        ),
      ),
    )
  withPlace(cache.command('purge').description('forget, on a running server within a second'))
    .option('--workflow <name>', 'only of this workflow')
    .option('--tenant <tenant>', 'only of this tenant')
    .option('--key <name>', 'only what this key brought, of questions that mean the same')
    .option('--tag <name=value>', 'only what came with this tag, of questions that mean the same')
    .option('--similar <text>', 'only questions like this one')
    .option('--similarity <number>', 'how like, 0 to 1', '0.9')
    .option('--json', 'print JSON')
    .action((flags: PurgeFlags) => run(() => purgeHere(flags)))
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

function purgeHere(flags: PurgeFlags): Promise<number> {
  return withCacheDatabase(dataFolder(flags), false, async (database) => {
    const { workflow, tenant, key: keyName, tag, similar } = flags
    if (similar !== undefined) return purgeSimilar(database, similar, flags)
    // Exact repeats are kept by neither: they cannot be told apart by them.
    const exact = keyName === undefined && tag === undefined ? purgeExactAnswers(database, flags) : 0
    const tags = tag === undefined ? undefined : tagOf(tag)
    const semantic = await removeVectors(database, undefined, { workflow, tenant, keyName, tags })
    return cachePurged({ exact, semantic }, flags, output)
  })
}

async function purgeSimilar(database: Database, text: string, flags: PurgeFlags): Promise<number> {
  const least = Number(flags.similarity)
  if (!(least >= 0 && least <= 1)) {
    throw new Failure(
      'invalid_request',
      `--similarity must be a number from 0 to 1, not "${flags.similarity}".`,
    )
  }
  const embedder = await openStaticEmbedder()
  const wanted = embedder.embed(text)
  const isLike = (question: string): boolean => cosine(wanted, embedder.embed(question)) >= least
  const semantic = await removeQuestions(database, embedder.id, isLike)
  return cachePurged({ exact: 0, semantic }, flags, output)
}

function tagOf(written: string): Record<string, string> {
  const at = written.indexOf('=')
  if (at > 0) return { [written.slice(0, at)]: written.slice(at + 1) }
  throw new Failure('invalid_request', `--tag must be NAME=VALUE, not "${written}".`)
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
