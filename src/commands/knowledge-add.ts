/** `trimtab knowledge add`: reads documents into a collection; what is unchanged is left alone. */
import type { ReadDocument } from '../knowledge/documents/block.ts'
import { type CutPassage, cutPassages } from '../knowledge/documents/cut-passages.ts'
import type { Output } from './output.ts'

interface DocumentSource {
  path: string
  source: string
}

interface KnownDocument {
  source: string
  digest: string
  passages: number
}

export interface KnowledgeAddParts<Known extends KnownDocument> {
  files: readonly DocumentSource[]
  /** What sources of these paths begin with. */
  roots: readonly string[]
  /** Endings of files that were passed over, with how many have them. */
  others: ReadonlyMap<string, number>
  known: readonly Known[]
  /** Of a file's bytes. @throws Error with a reason in few words */
  open(file: DocumentSource): { digest: string; read(): Promise<ReadDocument> }
  put(document: { source: string; digest: string; passages: readonly CutPassage[] }): Promise<void>
  remove(documents: readonly Known[]): Promise<void>
  progress(done: number, all: number): void
}

interface Tally {
  added: number
  changed: number
  unchanged: number
  removed: number
  passages: number
  problems: { source: string; problem: string }[]
}

/** Returns the exit code: 1 where something could not be read. */
export async function addKnowledge<Known extends KnownDocument>(
  collection: string,
  { json, prune }: { json?: boolean | undefined; prune?: boolean | undefined },
  parts: KnowledgeAddParts<Known>,
  output: Output,
): Promise<number> {
  const tally: Tally = { added: 0, changed: 0, unchanged: 0, removed: 0, passages: 0, problems: [] }
  const known = new Map(parts.known.map((document) => [document.source, document]))
  for (const [index, file] of parts.files.entries()) {
    parts.progress(index, parts.files.length)
    await takeIn(file, known.get(file.source), parts, tally)
  }
  if (prune === true) {
    const there = new Set(parts.files.map(({ source }) => source))
    const gone = parts.known.filter(({ source }) => !there.has(source) && isBelow(source, parts.roots))
    await parts.remove(gone)
    tally.removed = gone.length
  }
  parts.progress(parts.files.length, parts.files.length)
  for (const { source, problem } of tally.problems) output.error(`${source}: ${problem}.`)
  if (json === true) output.out(JSON.stringify({ collection, ...tally }, null, 2))
  else for (const line of summary(collection, tally, parts.others)) output.out(line)
  return tally.problems.length === 0 ? 0 : 1
}

async function takeIn<Known extends KnownDocument>(
  file: DocumentSource,
  known: Known | undefined,
  { open, put }: KnowledgeAddParts<Known>,
  tally: Tally,
): Promise<void> {
  const { source } = file
  const stays = known === undefined ? '' : '; what was read of it before stays'
  try {
    const { digest, read } = open(file)
    if (known?.digest === digest) {
      tally.unchanged++
      tally.passages += known.passages
      return
    }
    const { blocks, problems } = await read()
    const passages = cutPassages(blocks)
    for (const problem of problems)
      tally.problems.push({ source, problem: `${problem}${passages.length === 0 ? stays : ''}` })
    if (passages.length === 0) {
      if (problems.length === 0) tally.problems.push({ source, problem: `there is no text in it${stays}` })
      return
    }
    await put({ source, digest, passages })
    tally.passages += passages.length
    if (known === undefined) tally.added++
    else tally.changed++
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    tally.problems.push({ source, problem: `${reason.replace(/\.$/, '')}${stays}` })
  }
}

function isBelow(source: string, roots: readonly string[]): boolean {
  return roots.some((root) => root === '' || source === root || source.startsWith(`${root}/`))
}

function summary(collection: string, tally: Tally, others: ReadonlyMap<string, number>): string[] {
  const { added, changed, unchanged, removed, passages } = tally
  const parts = [
    added > 0 && `${added} added`,
    changed > 0 && `${changed} changed`,
    unchanged > 0 && `${unchanged} unchanged`,
    removed > 0 && `${removed} removed`,
  ].filter((part) => part !== false)
  const lines = [
    `Collection ${collection}: ${parts.join(', ') || 'nothing to read'}; ${passages} passages of these files.`,
  ]
  if (others.size > 0) {
    const kinds = [...others].map(([ending, count]) => `${count} ${ending}`).join(', ')
    lines.push(`Passed over, being no documents: ${kinds}.`)
  }
  return lines
}
