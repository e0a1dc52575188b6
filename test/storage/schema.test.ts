import { join } from 'node:path'
import { getTableConfig, SQLiteSyncDialect, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import { expect, test } from 'vitest'
import { readMigrations } from '../../src/storage/migrate.ts'
import * as tables from '../../src/storage/schema.ts'
import { SCHEMA_VERSION } from '../../src/storage/schema-version.ts'
import { MIGRATIONS, migratedDatabase, temporaryFolder } from './ledger-rows.ts'

interface ColumnInfo {
  name: string
  type: string
  notnull: number
  dflt_value: string | null
  pk: number
}

test('schema: SCHEMA_VERSION is the newest migration, and none is skipped', () => {
  const versions = readMigrations(MIGRATIONS).map(({ version }) => version)
  expect(versions).toEqual(Array.from({ length: SCHEMA_VERSION }, (_, index) => index + 1))
})

test('schema: tables, columns, keys and indexes are those that the migrations make', async () => {
  const folder = temporaryFolder()
  const database = await migratedDatabase(join(folder.path, 'ledger.db'))
  const made = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .pluck()
    .all()
  expect(
    Object.values(tables)
      .map((table) => getTableConfig(table).name)
      .sort(),
  ).toEqual(made.sort())
  for (const table of Object.values(tables)) {
    const config = getTableConfig(table)
    const columns = database.pragma(`table_info(${config.name})`) as ColumnInfo[]
    expect([config.name, declaredColumns(table)]).toEqual([config.name, columns.map(madeColumn)])
    const indexes = database
      .prepare(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
      )
      .all(config.name) as { name: string; sql: string }[]
    expect(declaredIndexes(table)).toEqual(indexes.map(({ sql }) => normal(sql)).sort())
  }
  database.close()
  folder.remove()
})

function declaredColumns(table: SQLiteTable) {
  const { columns, primaryKeys } = getTableConfig(table)
  const composite = primaryKeys.flatMap((key) => key.columns.map(({ name }) => name))
  return columns.map((column) => ({
    name: column.name,
    type: column.getSQLType(),
    notNull: column.notNull,
    default: column.default === undefined ? null : String(column.default),
    key: column.primary || composite.includes(column.name),
  }))
}

function madeColumn({ name, type, notnull, dflt_value, pk }: ColumnInfo) {
  return { name, type: type.toLowerCase(), notNull: notnull === 1, default: dflt_value, key: pk > 0 }
}

function declaredIndexes(table: SQLiteTable): readonly string[] {
  const config = getTableConfig(table)
  const dialect = new SQLiteSyncDialect()
  return config.indexes
    .map((index) => {
      const { name, columns, where } = index.config
      const names = columns.map((column) => ('name' in column ? column.name : ''))
      const condition = where === undefined ? '' : ` where ${dialect.sqlToQuery(where).sql}`
      return normal(`create index ${name} on ${config.name} (${names.join(', ')})${condition}`)
    })
    .sort()
}

/** Without case, quotes and the table's name before a column. */
function normal(sql: string): string {
  return sql
    .toLowerCase()
    .replaceAll('"', '')
    .replace(/\b\w+\.(\w+)/g, '$1')
    .replace(/\s+/g, ' ')
}
