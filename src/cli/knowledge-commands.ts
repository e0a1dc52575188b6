/** The commands about the operator's documents. */
import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { listCollections, listDocuments, tellFound } from '../commands/knowledge.ts'
import { addKnowledge } from '../commands/knowledge-add.ts'
import type { Config } from '../config.ts'
import { Failure } from '../errors.ts'
import { type ConfigFlags, readConfig } from '../platform/node/config-files.ts'
import {
  documentFiles,
  READ_ENDINGS,
  readDocument,
  readDocumentBytes,
} from '../platform/node/document-files.ts'
import { knowledgeFile } from '../platform/node/knowledge-database.ts'
import { type KnowledgeWriting, openKnowledgeWriting } from '../platform/node/knowledge-writing.ts'
import { openKnowledge } from '../platform/node/open-knowledge.ts'
import { ShippedModels } from '../platform/node/shipped-models.ts'
import type { StoredCollection } from '../storage/passage-writer.ts'
import { output, run, withPlace } from './command-line.ts'

interface CollectionFlags extends ConfigFlags {
  collection: string
  tenant?: string
  json?: boolean
}

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,99}$/

const ADD_HELP = `
Reads ${READ_ENDINGS.join(', ')}. Tables and lines of JSON hold pairs: \`question\` and \`answer\`, and where wanted \`heading\`.
A file is cited by the path as it was given, an absolute one by its last part. Files that are unchanged are left alone; a running
trimtab answers from what was added within a second. What cannot be read is told, and what was read of it before stays.`

export function addKnowledgeCommands(program: Command): void {
  const knowledge = program.command('knowledge').description('documents that tiers answer from')
  inCollection(knowledge.command('add <paths...>').description('read files or folders into a collection'))
    .option('--prune', 'take out documents of these paths whose files are gone')
    .addHelpText('after', ADD_HELP)
    .action((paths: string[], flags: CollectionFlags & { prune?: boolean }) =>
      run(() => addHere(paths, flags)),
    )
  withPlace(knowledge.command('list').description('collections, or the documents of one'))
    .option('--collection <name>', 'list its documents')
    .option('--tenant <tenant>', 'whose collection it is; default: everybody’s')
    .option('--json', 'print JSON')
    .action((flags: ConfigFlags & Partial<CollectionFlags>) => run(() => listHere(flags)))
  inCollection(
    knowledge.command('remove [sources...]').description('take out documents, or the whole collection'),
  ).action((sources: string[], flags: CollectionFlags) => run(() => removeHere(sources, flags)))
  inCollection(
    knowledge.command('ask <question>').description('answer a question from a collection, or tell why not'),
  )
    .option('--min-confidence <share>', 'from 0 to 1, as a policy’s min_confidence')
    .action((question: string, flags: CollectionFlags & { minConfidence?: string }) =>
      run(() => askHere(question, flags)),
    )
}

function inCollection(command: Command): Command {
  return withPlace(command)
    .requiredOption('--collection <name>', 'name of the collection')
    .option('--tenant <tenant>', 'whose collection it is; default: everybody’s')
    .option('--json', 'print JSON')
}

async function addHere(
  paths: readonly string[],
  flags: CollectionFlags & { prune?: boolean },
): Promise<number> {
  const name = collectionName(flags.collection)
  const { config } = readConfig(flags, process.env)
  const found = documentFiles(paths)
  return writing(config, async (knowledge) => {
    const tenant = flags.tenant ?? ''
    const number = knowledge.open(name, tenant)
    return addKnowledge(
      name,
      flags,
      {
        ...found,
        known: knowledge.documents(number),
        open(file) {
          const { bytes, digest } = readDocumentBytes(file)
          return { digest: `${digest} ${knowledge.reading}`, read: () => readDocument(file, bytes) }
        },
        put: (document) => knowledge.put({ number, name, tenant }, document),
        remove: (documents) => knowledge.remove(number, documents),
        progress: showProgress,
      },
      output,
    )
  })
}

async function listHere(flags: ConfigFlags & Partial<CollectionFlags>): Promise<number> {
  const { config } = readConfig(flags, process.env)
  if (!existsSync(knowledgeFile(config.data))) return listCollections([], flags, output)
  return writing(config, async (knowledge) => {
    const collections = knowledge.collections()
    if (flags.collection === undefined) {
      const listed = collections.map((one) => ({
        ...one,
        isCurrent: knowledge.reading.endsWith(` ${one.embedderId}`),
      }))
      return listCollections(listed, flags, output)
    }
    const { number } = collectionIn(collections, flags.collection, flags.tenant)
    return listDocuments(knowledge.documents(number), flags, output)
  })
}

async function removeHere(sources: readonly string[], flags: CollectionFlags): Promise<number> {
  const { config } = readConfig(flags, process.env)
  requireKnowledge(config)
  return writing(config, async (knowledge) => {
    const { number, name } = collectionIn(knowledge.collections(), flags.collection, flags.tenant)
    const documents = knowledge.documents(number)
    if (sources.length === 0) {
      await knowledge.removeCollection(number)
      tellRemoved(
        flags,
        documents.length,
        `The collection ${name} is gone, with its ${documents.length} documents.`,
      )
      return 0
    }
    const named = documents.filter(({ source }) =>
      sources.some((one) => source === one || source.startsWith(`${one.replace(/\/$/, '')}/`)),
    )
    const strange = sources.find(
      (one) => !named.some(({ source }) => source === one || source.startsWith(`${one.replace(/\/$/, '')}/`)),
    )
    if (strange !== undefined)
      throw new Failure(
        'not_found',
        `The collection ${name} has no document ${strange}: \`trimtab knowledge list --collection ${name}\` lists them.`,
      )
    await knowledge.remove(number, named)
    tellRemoved(
      flags,
      named.length,
      `Took ${named.length} ${named.length === 1 ? 'document' : 'documents'} out of ${name}.`,
    )
    return 0
  })
}

function tellRemoved({ json }: CollectionFlags, removed: number, sentence: string): void {
  output.out(json === true ? JSON.stringify({ removed }) : sentence)
}

async function askHere(
  question: string,
  flags: CollectionFlags & { minConfidence?: string },
): Promise<number> {
  const { config } = readConfig(flags, process.env)
  requireKnowledge(config)
  const minConfidence = shareOf(flags.minConfidence)
  const { knowledge, close } = await openKnowledge({
    config,
    shipped: new ShippedModels(),
    now: Date.now,
    warn: output.error,
  })
  try {
    const asked = { question, collection: flags.collection, tenant: flags.tenant ?? '', minConfidence }
    return tellFound(await knowledge.ask(asked), flags, output)
  } finally {
    await close()
  }
}

async function writing(
  config: Config,
  use: (knowledge: KnowledgeWriting) => Promise<number>,
): Promise<number> {
  const knowledge = await openKnowledgeWriting(config)
  try {
    return await use(knowledge)
  } finally {
    await knowledge.close()
  }
}

function requireKnowledge({ data }: Config): void {
  if (existsSync(knowledgeFile(data))) return
  throw new Failure(
    'not_found',
    `There are no documents in ${data} yet: \`trimtab knowledge add PATH --collection NAME\` reads some, or name another folder with --data.`,
  )
}

function collectionIn(collections: readonly StoredCollection[], name: string, tenant = ''): StoredCollection {
  const found = collections.find((one) => one.name === name && one.tenant === tenant)
  if (found !== undefined) return found
  const whose = tenant === '' ? '' : ` of tenant ${tenant}`
  const names = collections.filter((one) => one.tenant === tenant).map((one) => one.name)
  const hint = names.length === 0 ? '' : `; there are ${names.join(', ')}`
  throw new Failure('not_found', `There is no collection ${name}${whose}${hint}.`)
}

function collectionName(name: string): string {
  if (NAME.test(name)) return name
  throw new Failure(
    'invalid_request',
    `--collection must be letters, digits, \`.\`, \`_\`, \`:\` or \`-\`, at most 100 of them, not "${name}".`,
  )
}

function shareOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const share = Number(text)
  if (text.trim() !== '' && share >= 0 && share <= 1) return share
  throw new Failure('invalid_request', `--min-confidence must be a number from 0 to 1, not "${text}".`)
}

const BAR_WIDTH = 30

/** On a terminal alone. */
function showProgress(done: number, all: number): void {
  if (process.stderr.isTTY !== true || all === 0) return
  const filled = Math.round((BAR_WIDTH * done) / all)
  const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`
  process.stderr.write(done === all ? '\r\x1b[K' : `\r\x1b[K${bar} ${done} of ${all} files`)
}
