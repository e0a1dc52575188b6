// Counts trimtab's ledger rows from outside, because a gateway that drops rows under load looks fast.

import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'

/** `counts()` gives the rows of both tables; `settled(requests)` waits a moment for the last of them. */
export function openRows(file) {
  const counts = () => {
    const database = new Database(file, { readonly: true })
    try {
      const count = (sql) => database.prepare(sql).pluck().get()
      return {
        requests: count('SELECT count(*) FROM requests WHERE status IS NOT NULL'),
        attempts: count("SELECT count(*) FROM attempts WHERE outcome = 'answered'"),
      }
    } finally {
      database.close()
    }
  }
  return {
    counts,
    async settled(requests) {
      for (let waited = 0; waited < 40; waited++) {
        const found = counts()
        if (found.requests >= requests) return found
        await sleep(50)
      }
      return counts()
    },
  }
}
