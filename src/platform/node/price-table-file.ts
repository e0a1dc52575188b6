/** The price table that `prices update` keeps in the data folder, and where it comes from. */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keptPriceTable, type PriceTable } from '../../metering/price-table.ts'
import { openDataFolder } from './data-folder.ts'

const FILE = 'prices.json'
const TIMEOUT_MS = 30_000
const MOST_BYTES = 64 * 1024 * 1024

/** Undefined where none is kept, or the one that ships is newer. */
export function readPriceTable(dataFolder: string): PriceTable | undefined {
  try {
    return keptPriceTable(readFileSync(join(dataFolder, FILE), 'utf8'))
  } catch {
    return undefined
  }
}

/** Replaces it whole or not at all. Returns its path. */
export function keepPriceTable(dataFolder: string, text: string): string {
  openDataFolder(dataFolder)
  const path = join(dataFolder, FILE)
  const aside = mkdtempSync(`${path}.`)
  try {
    const copy = join(aside, FILE)
    writeFileSync(copy, text)
    renameSync(copy, path)
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
  return path
}

/**
 * The text at an address, or in a file.
 * @throws Error with a reason in few words
 */
export async function readSource(source: string): Promise<string> {
  if (!/^https?:/.test(source)) return readFileSync(source, 'utf8')
  try {
    const answer = await fetch(source, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!answer.ok) throw new Error(`status ${answer.status}`)
    const text = await answer.text()
    if (text.length > MOST_BYTES) throw new Error('it is larger than any price table')
    return text
  } catch (error) {
    // `fetch failed` says nothing; what failed is its cause.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new Error(cause instanceof Error ? cause.message : String(cause))
  }
}
