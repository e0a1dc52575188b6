/** Opens the ledger or the keys of a data folder for one command, and closes them after it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { KeyStore } from '../../access/key-store.ts'
import { Failure } from '../../errors.ts'
import type { RecordedTraffic } from '../../metering/recorded-request.ts'
import type { LedgerReader } from '../../metering/reports.ts'
import { requireSchema } from '../../storage/migrate.ts'
import { recordedTraffic } from '../../storage/recorded-traffic.ts'
import { SCHEMA_VERSION } from '../../storage/schema-version.ts'
import { openDataFolder } from './data-folder.ts'
import { openKeyStore, openLedgerReader } from './node-ledger.ts'
import { migrationsFolder } from './package-files.ts'
import { openForReading } from './sqlite.ts'

/** @throws Failure `ledger_unavailable` */
export function withReader(
  dataFolder: string,
  use: (reader: LedgerReader) => Promise<number>,
): Promise<number> {
  const { reader, close } = openLedgerReader(join(dataFolder, 'ledger.db'))
  return use(reader).finally(close)
}

/**
 * What is recorded of a period, on a connection that only reads.
 * @throws Failure `ledger_unavailable`
 */
export async function withTraffic<Result>(
  ledgerFile: string,
  period: { since: number; until: number },
  use: (traffic: RecordedTraffic) => Promise<Result>,
): Promise<Result> {
  const database = openForReading(ledgerFile)
  try {
    requireSchema(database, SCHEMA_VERSION)
    return await use(recordedTraffic(database, period))
  } finally {
    database.close()
  }
}

/**
 * `make`: a data folder that is not there is made, because keys may be given out before the first start.
 * @throws Failure `not_found`, `ledger_unavailable`, or Error with one sentence
 */
export async function withKeys(
  dataFolder: string,
  make: boolean,
  use: (keys: KeyStore) => Promise<number>,
): Promise<number> {
  const path = join(dataFolder, 'ledger.db')
  if (make) openDataFolder(dataFolder)
  else if (!existsSync(path)) {
    throw new Failure(
      'not_found',
      `There are no keys in ${path} yet: make one with \`trimtab keys create --name NAME\`, or name another folder with --data.`,
    )
  }
  const { keys, close } = await openKeyStore({ path, migrations: migrationsFolder(), now: Date.now })
  return use(keys).finally(close)
}
