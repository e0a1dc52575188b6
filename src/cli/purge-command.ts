/** `cache purge`, wired: of `cache.db`, and of Qdrant where questions are kept there. */
import type { Command } from 'commander'
import { cachePurged } from '../commands/cache.ts'
import type { Config } from '../config.ts'
import { Failure } from '../errors.ts'
import { type ConfigFlags, readConfig } from '../platform/node/config-files.ts'
import { withCacheDatabase } from '../platform/node/node-cache.ts'
import { withQuestionMemory } from '../platform/node/question-memory.ts'
import { purgeExactAnswers } from '../storage/sqlite-exact-store.ts'
import { removeVectors } from '../storage/vector-removals.ts'
import { cosine } from '../vectors/cosine.ts'
import { fits } from '../vectors/vector-filter.ts'
import type { VectorFilter } from '../vectors/vector-index.ts'
import { output, run, withPlace } from './command-line.ts'

interface PurgeFlags extends ConfigFlags {
  workflow?: string
  tenant?: string
  key?: string
  tag?: string
  similar?: string
  similarity: string
  json?: boolean
}

/** Removed together. */
const REMOVED_AT_ONCE = 200

const PURGE_HELP = `
What is told by several of these is only what fits all of them. Exact repeats are remembered without their question, key
and tags: under --key, --tag and --similar they stay.`

export function addPurgeCommand(cache: Command): void {
  withPlace(cache.command('purge').description('forget, on a running server within a second'))
    .option('--workflow <name>', 'only of this workflow')
    .option('--tenant <tenant>', 'only of this tenant')
    .option('--key <name>', 'only what this key brought, of questions that mean the same')
    .option('--tag <name=value>', 'only what came with this tag, of questions that mean the same')
    .option('--similar <text>', 'only questions like this one')
    .option('--similarity <number>', 'how like, 0 to 1', '0.9')
    .option('--json', 'print JSON')
    .addHelpText('after', PURGE_HELP)
    .action((flags: PurgeFlags) => run(() => purgeHere(flags)))
}

async function purgeHere(flags: PurgeFlags): Promise<number> {
  const { config } = readConfig(flags, process.env)
  const { workflow, tenant, key: keyName, tag, similar } = flags
  const filter: VectorFilter = { workflow, tenant, keyName, tags: tag === undefined ? {} : tagOf(tag) }
  const least = similarityOf(flags.similarity)
  return withCacheDatabase(config.data, false, async (database) => {
    if (similar !== undefined) {
      const semantic = await purgeSimilar(config, filter, { text: similar, least })
      return cachePurged({ exact: 0, semantic }, flags, output)
    }
    const exact = keyName === undefined && tag === undefined ? purgeExactAnswers(database, flags) : 0
    // Of every embedder that this file ever was used with.
    const here = await removeVectors(database, undefined, filter)
    const there =
      config.vectors.use === 'qdrant'
        ? await withQuestionMemory(config, ({ index }) => index.removeWhere(filter))
        : 0
    return cachePurged({ exact, semantic: here + there }, flags, output)
  })
}

function purgeSimilar(
  config: Config,
  filter: VectorFilter,
  { text, least }: { text: string; least: number },
): Promise<number> {
  return withQuestionMemory(config, async ({ embedder, index }) => {
    const wanted = embedder.embed(text)
    const ids: string[] = []
    for await (const entry of index.entries()) {
      if (fits(entry, filter) && cosine(wanted, embedder.embed(entry.question)) >= least) ids.push(entry.id)
    }
    let gone = 0
    for (let from = 0; from < ids.length; from += REMOVED_AT_ONCE)
      gone += await index.remove(ids.slice(from, from + REMOVED_AT_ONCE))
    return gone
  })
}

function similarityOf(written: string): number {
  const least = Number(written)
  if (written.trim() !== '' && least >= 0 && least <= 1) return least
  throw new Failure('invalid_request', `--similarity must be a number from 0 to 1, not "${written}".`)
}

function tagOf(written: string): Record<string, string> {
  const at = written.indexOf('=')
  if (at > 0) return { [written.slice(0, at)]: written.slice(at + 1) }
  throw new Failure('invalid_request', `--tag must be NAME=VALUE, not "${written}".`)
}
