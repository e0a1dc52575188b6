/** Files of documents: which there are below a path, and what they say. */
import { hash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, extname, isAbsolute, join, normalize, sep } from 'node:path'
import { Failure } from '../../errors.ts'
import type { ReadDocument } from '../../knowledge/documents/block.ts'
import { readHtml } from '../../knowledge/documents/html.ts'
import { readMarkdown } from '../../knowledge/documents/markdown.ts'
import { readCsv, readJsonLines } from '../../knowledge/documents/pairs.ts'
import { readPlainText } from '../../knowledge/documents/plain-text.ts'
import { readPdf } from './pdf-text.ts'

export interface DocumentFile {
  path: string
  /** As it is cited: the path as it was given, and from there. */
  source: string
}

export interface FoundFiles {
  files: readonly DocumentFile[]
  /** What sources below the given paths begin with, for what is gone. */
  roots: readonly string[]
  /** Endings of files that are no documents, and how many have them. */
  others: ReadonlyMap<string, number>
}

type Read = (text: string) => ReadDocument

const READERS: Readonly<Record<string, Read | 'pdf'>> = {
  '.md': readMarkdown,
  '.markdown': readMarkdown,
  '.mdx': readMarkdown,
  '.txt': readPlainText,
  '.text': readPlainText,
  '.html': readHtml,
  '.htm': readHtml,
  '.xhtml': readHtml,
  '.csv': readCsv,
  '.tsv': readCsv,
  '.jsonl': readJsonLines,
  '.ndjson': readJsonLines,
  '.pdf': 'pdf',
}
export const READ_ENDINGS = Object.keys(READERS)
const MOST_BYTES = 256 * 1024 * 1024

/** @throws Failure `invalid_request` where a path is not there, or names a file that is no document */
export function documentFiles(paths: readonly string[]): FoundFiles {
  const files = new Map<string, DocumentFile>()
  const others = new Map<string, number>()
  const roots: string[] = []
  for (const path of paths) {
    if (!existsSync(path)) throw new Failure('invalid_request', `There is no file or folder ${path}.`)
    const root = sourceOf(path)
    roots.push(root)
    if (!statSync(path).isDirectory()) {
      if (READERS[extname(path).toLowerCase()] === undefined)
        throw new Failure(
          'invalid_request',
          `${path} is no document that can be read: its name must end with ${READ_ENDINGS.join(', ')}.`,
        )
      files.set(root, { path, source: root })
      continue
    }
    for (const below of filesBelow(path)) {
      const ending = extname(below).toLowerCase()
      const source = join(root, below).split(sep).join('/')
      if (READERS[ending] !== undefined) files.set(source, { path: join(path, below), source })
      else others.set(ending || 'no ending', (others.get(ending || 'no ending') ?? 0) + 1)
    }
  }
  return { files: [...files.values()], roots, others }
}

/** Of the bytes. @throws Error with a reason in few words */
export function readDocumentBytes({ path }: DocumentFile): { bytes: Uint8Array; digest: string } {
  const { size } = statSync(path)
  if (size > MOST_BYTES) throw new Error(`it has ${size} bytes, more than ${MOST_BYTES}`)
  const bytes = Uint8Array.from(readFileSync(path))
  return { bytes, digest: hash('sha256', bytes) }
}

/** @throws Error with a reason in few words */
export async function readDocument({ path }: DocumentFile, bytes: Uint8Array): Promise<ReadDocument> {
  const reader = READERS[extname(path).toLowerCase()]
  if (reader === undefined) throw new Error('its kind is not known')
  if (reader === 'pdf') return readPdf(bytes)
  return reader(textOf(bytes))
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Error('it is no text in UTF-8')
  }
}

/** Where a machine keeps its files is no business of whoever is answered. */
function sourceOf(path: string): string {
  const plain = normalize(path).split(sep).join('/').replace(/\/$/, '')
  return isAbsolute(path) || plain.startsWith('..') ? basename(plain) : plain === '.' ? '' : plain
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name).slice(normalize(folder).replace(/[/\\]$/, '').length + 1),
    )
    .filter((path) => !path.split(sep).some((part) => part.startsWith('.') || part === 'node_modules'))
    .sort()
}
