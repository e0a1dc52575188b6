/** What a data folder's ledger teaches of tokens, for commands: nothing where there is none, or none that this program reads. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { TokenRatios } from '../../metering/token-ratios.ts'
import { type EstimateError, estimateErrors, learnedRatios } from '../../storage/learned-ratios.ts'
import { schemaVersion } from '../../storage/migrate.ts'
import { SCHEMA_VERSION } from '../../storage/schema-version.ts'
import { openForReading } from './sqlite.ts'

/** By which a server that starts here estimates. */
export function ratiosOf(dataFolder: string): TokenRatios {
  const ratios = new TokenRatios()
  ratios.recall(read(dataFolder, learnedRatios))
  return ratios
}

export function estimateErrorsOf(dataFolder: string): readonly EstimateError[] {
  return read(dataFolder, estimateErrors)
}

function read<Row>(dataFolder: string, from: (database: Database.Database) => Row[]): Row[] {
  const path = join(dataFolder, 'ledger.db')
  if (!existsSync(path)) return []
  try {
    const database = openForReading(path)
    try {
      return schemaVersion(database) === SCHEMA_VERSION ? from(database) : []
    } finally {
      database.close()
    }
  } catch {
    // `doctor` says of the ledger itself what is wrong with it.
    return []
  }
}
