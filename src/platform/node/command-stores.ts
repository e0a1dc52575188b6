/** Opens the ledger or the keys of a data folder for one command, and closes them after it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { KeyStore } from '../../access/key-store.ts'
import { Failure } from '../../errors.ts'
import type { LedgerReader } from '../../metering/reports.ts'
import { openDataFolder } from './data-folder.ts'
import { openKeyStore, openLedgerReader } from './node-ledger.ts'
import { migrationsFolder } from './package-files.ts'

/** @throws Failure `ledger_unavailable` */
export function withReader(
  dataFolder: string,
  use: (reader: LedgerReader) => Promise<number>,
): Promise<number> {
  const { reader, close } = openLedgerReader(join(dataFolder, 'ledger.db'))
  return use(reader).finally(close)
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
