/** Tells an operator that a database was brought forward, and where the old one is. */
import { basename } from 'node:path'
import type { Migrated } from '../../storage/migrate.ts'

export function tellMigration(
  path: string,
  migrated: Migrated | undefined,
  info: (message: string) => void,
): void {
  if (migrated === undefined) return
  const { from, to, backup } = migrated
  const kept =
    backup === undefined ? 'another process kept a copy of the old one' : `the old one is kept as ${backup}`
  info(`${basename(path)} was brought from schema ${from} to ${to}; ${kept}.`)
}
