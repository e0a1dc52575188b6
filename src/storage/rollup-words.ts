/** Numbers for users and tags, which may be as many as requests: each is kept for as long as requests that had it. */
import type Database from 'better-sqlite3'

/** What is written in one transaction: others wait for it. */
const WORDS_A_TURN = 200
const WORDS_A_BATCH = 500

/** Gives each word a number, and keeps it at least as long as the rows of `hour`. */
export async function numberWords(
  writing: Database.Database,
  words: readonly string[],
  hour: number,
): Promise<ReadonlyMap<string, number>> {
  const keep = writing
    .prepare<[string, number], number>(
      `INSERT INTO rollup_words (word, last_hour) VALUES (?, ?)
      ON CONFLICT (word) DO UPDATE SET last_hour = max(last_hour, excluded.last_hour) RETURNING id`,
    )
    .pluck()
  const numbers = new Map<string, number>()
  const keepSome = writing.transaction((some: readonly string[]) => {
    for (const word of some) numbers.set(word, keep.get(word, hour) ?? 0)
  })
  for (let from = 0; from < words.length; from += WORDS_A_TURN) {
    keepSome.immediate(words.slice(from, from + WORDS_A_TURN))
    await new Promise((resume) => setImmediate(resume))
  }
  return numbers
}

/** Remembers what it has read; null for the number 0. */
export function wordReader(database: Database.Database): (number: number) => string | null {
  const statement = database.prepare<[number], string>('SELECT word FROM rollup_words WHERE id = ?').pluck()
  const known = new Map<number, string | null>([[0, null]])
  return (number) => {
    let word = known.get(number)
    if (word === undefined) {
      word = statement.get(number) ?? null
      known.set(number, word)
    }
    return word
  }
}

/** Deletes words that only hours before `hour` had. @returns how many; to be called again until that is 0. */
export function deleteOldWords(writing: Database.Database, hour: number): number {
  return writing
    .prepare(
      `DELETE FROM rollup_words WHERE id IN (
        SELECT id FROM rollup_words WHERE last_hour < ? LIMIT ${WORDS_A_BATCH})`,
    )
    .run(hour).changes
}
