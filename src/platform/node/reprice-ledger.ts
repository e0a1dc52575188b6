/** Prices a ledger again that another process may be writing. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../errors.ts'
import { requireSchema } from '../../storage/migrate.ts'
import { type PriceAttempt, type Repricing, reprice } from '../../storage/reprice.ts'
import { SCHEMA_VERSION } from '../../storage/schema-version.ts'
import { openForWriting, waitPatiently } from './sqlite.ts'

/** Times are Unix milliseconds. @throws Failure `ledger_unavailable` */
export function repriceLedger(
  dataFolder: string,
  span: { since: number; until: number },
  priceAttempt: PriceAttempt,
  now: number,
): readonly Repricing[] {
  const path = join(dataFolder, 'ledger.db')
  if (!existsSync(path)) {
    throw new Failure(
      'ledger_unavailable',
      `There is no ledger at ${path}: start trimtab on this data folder first, or name another one with --data.`,
    )
  }
  const database = openForWriting(path)
  try {
    waitPatiently(database)
    requireSchema(database, SCHEMA_VERSION)
    return reprice(database, span, priceAttempt, now)
  } finally {
    database.close()
  }
}
