/** `trimtab knowledge list|remove|ask`. */
import type { Found } from '../knowledge/knowledge.ts'
import type { Output } from './output.ts'
import { printable, textTable } from './table.ts'

export interface ListedCollection {
  name: string
  /** Empty: of the whole installation. */
  tenant: string
  documents: number
  passages: number
  /** Unix milliseconds. */
  changedAt: number
  isCurrent: boolean
}

export interface ListedDocument {
  source: string
  passages: number
  addedAt: number
}

export function listCollections(
  collections: readonly ListedCollection[],
  { json }: { json?: boolean | undefined },
  output: Output,
): number {
  if (json === true) {
    const told = collections.map(({ changedAt, isCurrent, tenant, ...rest }) => ({
      ...rest,
      tenant: tenant === '' ? null : tenant,
      changed_at: new Date(changedAt).toISOString(),
      vectors: isCurrent ? 'current' : 'of another embedder',
    }))
    output.out(JSON.stringify(told, null, 2))
  } else if (collections.length === 0) {
    output.out('No documents yet: `trimtab knowledge add PATH --collection NAME` reads some.')
  } else {
    const rows = collections.map(({ name, tenant, documents, passages, changedAt, isCurrent }) => [
      name,
      tenant || 'all',
      String(documents),
      String(passages),
      new Date(changedAt).toISOString().slice(0, 16).replace('T', ' '),
      isCurrent ? '' : 'added by another embedder: add them again',
    ])
    output.out(table(['collection', 'tenant', 'documents', 'passages', 'changed (UTC)', ''], rows))
  }
  return 0
}

export function listDocuments(
  documents: readonly ListedDocument[],
  { json }: { json?: boolean | undefined },
  output: Output,
): number {
  if (json === true) {
    const told = documents.map(({ source, passages, addedAt }) => ({
      source,
      passages,
      added_at: new Date(addedAt).toISOString(),
    }))
    output.out(JSON.stringify(told, null, 2))
    return 0
  }
  const rows = documents.map(({ source, passages, addedAt }) => [
    source,
    String(passages),
    new Date(addedAt).toISOString().slice(0, 16).replace('T', ' '),
  ])
  output.out(table(['source', 'passages', 'added (UTC)'], rows))
  return 0
}

export function tellFound(found: Found, { json }: { json?: boolean | undefined }, output: Output): number {
  if (json === true) output.out(JSON.stringify(foundJson(found), null, 2))
  else for (const line of foundLines(found)) output.out(printable(line))
  return 0
}

function foundJson(found: Found): object {
  const sources = found.passages.map(({ id, source, line, heading, text }) => ({
    id,
    source,
    line,
    heading,
    text,
  }))
  if (found.kind === 'found')
    return { answer: found.quote, confidence: found.confidence, reason: null, sources }
  return { answer: null, confidence: found.confidence ?? null, reason: found.reason, sources }
}

const PREVIEW_CHARACTERS = 160

function foundLines(found: Found): string[] {
  const [best, ...others] = found.passages
  if (found.kind === 'found') {
    const place = `${found.passages[0].source}:${found.passages[0].line}`
    const below = best.heading === '' ? '' : ` (${best.heading})`
    return [
      ...found.quote.split('\n'),
      '',
      `${place}${below}, confidence ${found.confidence.toFixed(3)}`,
      ...seeAlso(others),
    ]
  }
  const nearest =
    best === undefined ? [] : ['', `Nearest is ${best.source}:${best.line}: ${preview(best.text)}`]
  return [`No answer: ${found.reason}.`, ...nearest]
}

function seeAlso(others: Found['passages']): string[] {
  if (others.length === 0) return []
  return [`Also near: ${others.map(({ source, line }) => `${source}:${line}`).join(', ')}`]
}

function preview(text: string): string {
  const plain = text.replace(/\s+/g, ' ')
  return plain.length <= PREVIEW_CHARACTERS ? plain : `${plain.slice(0, PREVIEW_CHARACTERS)}…`
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return textTable(
    titles.map((title) => ({
      title,
      align: title === 'documents' || title === 'passages' ? 'right' : 'left',
    })),
    rows,
  )
}
