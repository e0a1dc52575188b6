/** A process that keeps writing vectors to the `cache.db` it is given, until it is killed. */
import { neverWait, openForWriting } from '../../src/platform/node/sqlite.ts'
import { SqliteVectorIndex } from '../../src/storage/sqlite-vector-index.ts'
import { DIMENSIONS, entryOf } from '../vectors/made-vectors.ts'

const database = openForWriting(process.argv[2] ?? '')
neverWait(database)
const index = new SqliteVectorIndex({
  database,
  indexName: 'static-1',
  dimensions: DIMENSIONS,
  memoryBytes: 64 << 20,
  diskBytes: 64 << 20,
  mostEntries: 100_000,
  timeLimitMs: 20,
  warn: console.error,
})

for (let id = 0; ; id++) {
  index.add(entryOf(id))
  if (id % 100 !== 99) continue
  await index.flushed()
  process.stdout.write(`${id + 1}\n`)
}
