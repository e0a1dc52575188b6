/** The commands about what is remembered. */
import type { Command } from 'commander'
import { readAnswerLine } from '../cache/answer-line.ts'
import { cacheStats } from '../commands/cache.ts'
import { exportCache } from '../commands/cache-export.ts'
import { importCache, type QuestionImport } from '../commands/cache-import.ts'
import type { Config } from '../config.ts'
import { type ConfigFlags, readConfig } from '../platform/node/config-files.ts'
import { linesOf, writeLines } from '../platform/node/line-files.ts'
import { CACHE_DISK_BYTES, withCacheDatabase } from '../platform/node/node-cache.ts'
import {
  openQuestionMemory,
  type QuestionMemory,
  withQuestionMemory,
} from '../platform/node/question-memory.ts'
import { ExactImport, exactAnswers, IMPORTED_AT_ONCE } from '../storage/exact-answers-copy.ts'
import { semanticStats } from '../storage/semantic-stats.ts'
import { exactStats } from '../storage/sqlite-exact-store.ts'
import type { NewEntry } from '../vectors/vector-index.ts'
import { output, run, withPlace } from './command-line.ts'
import { addPurgeCommand } from './purge-command.ts'
import { addWarmCommand } from './warm-command.ts'

type JsonFlags = ConfigFlags & { json?: boolean }

const FILE_HELP = `
A file of lines of JSON: a head, then an answer a line with who gave it, when, for which tenant and workflow, and until
when it is kept; then the questions that others which mean the same are answered by, each with its answer. Those are taken
in only where the same embedder finds them. Answers are found where policies, providers and aliases are the same as where they were exported.`

export function addCacheCommands(program: Command): void {
  const cache = program.command('cache').description('remembered answers')
  withPlace(cache.command('stats').description('how much is remembered, and how often it was wrong'))
    .option('--json', 'print JSON')
    .action((flags: JsonFlags) => run(() => statsHere(flags)))
  addPurgeCommand(cache)
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

async function statsHere(flags: JsonFlags): Promise<number> {
  const { config } = readConfig(flags, process.env)
  return withCacheDatabase(config.data, false, async (database) => {
    const exact = exactStats(database)
    const stored = semanticStats(database)
    if (config.vectors.use === 'embedded') return cacheStats({ exact, semantic: stored }, flags, output)
    const entries = await withQuestionMemory(config, ({ index }) => index.count())
    return cacheStats({ exact, semantic: { ...stored, entries, bytes: null } }, flags, output)
  })
}

async function exportHere(file: string, flags: JsonFlags): Promise<number> {
  const { config } = readConfig(flags, process.env)
  const now = Date.now()
  return withCacheDatabase(config.data, false, async (database) => {
    const told = { answers: exactAnswers(database, now), write: writeLines, now }
    // The table of words is read only where there is something to tell.
    if (config.vectors.use === 'embedded' && semanticStats(database).entries === 0)
      return exportCache(file, flags, { ...told, questions: undefined }, output)
    return withQuestionMemory(config, ({ embedder, index }) => {
      const questions = { embedderId: embedder.id, entries: index.entries() }
      return exportCache(file, flags, { ...told, questions }, output)
    })
  })
}

function importHere(file: string, flags: JsonFlags): Promise<number> {
  const { config } = readConfig(flags, process.env)
  const now = Date.now()
  return withCacheDatabase(config.data, true, async (database) => {
    const taking = new ExactImport(database, CACHE_DISK_BYTES, now)
    const questions = importedQuestions(config)
    const parts = {
      lines: linesOf(file),
      put: taking.put.bind(taking),
      questions,
      batch: IMPORTED_AT_ONCE,
      now,
    }
    try {
      return await importCache(file, flags, parts, output)
    } finally {
      await questions.close()
    }
  })
}

/** Opened when the first question comes. */
function importedQuestions(config: Config): QuestionImport & { close(): Promise<void> } {
  let memory: Promise<QuestionMemory> | undefined
  const opened = (): Promise<QuestionMemory> => {
    memory ??= openQuestionMemory(config)
    return memory
  }
  return {
    embedderId: async () => (await opened()).embedder.id,
    async put(entries) {
      const { answerTo, put } = await opened()
      const newer: NewEntry[] = []
      for (const entry of entries) {
        const there = await answerTo(entry)
        if (there === undefined || createdAt(there) < entry.createdAtMs) newer.push(entry)
      }
      await put(newer)
      return { taken: newer.length, older: entries.length - newer.length }
    },
    async close() {
      await (await memory)?.close()
    },
  }
}

/** Unix milliseconds; what cannot be read is older than anything. */
function createdAt(answer: string): number {
  const read = readAnswerLine(answer)
  return read.kind === 'answer' ? read.answer.createdAt : Number.NEGATIVE_INFINITY
}
