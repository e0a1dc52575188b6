/** Keeps the admin key in the data folder, readable by its owner alone. */
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAdminKey } from '../../access/admin-key.ts'

/**
 * Reads the admin key of a data folder, making it where there is none.
 * @param generate makes a new key
 * @throws Error with one sentence where the file holds no admin key, or cannot be read or written
 */
export function readOrCreateAdminKey(
  dataFolder: string,
  generate: () => string,
): { key: string; made: boolean } {
  const path = join(dataFolder, 'admin-key')
  const key = generate()
  try {
    // `wx`: of two processes that start at once, one makes the key and the other reads it.
    writeFileSync(path, `${key}\n`, { mode: 0o600, flag: 'wx' })
    return { key, made: true }
  } catch (error) {
    if (!isExisting(error)) {
      throw new Error(`The admin key ${path} cannot be written: ${reason(error)}.`, { cause: error })
    }
  }
  return { key: readAdminKey(path), made: false }
}

function readAdminKey(path: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8').trim()
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
  } catch (error) {
    throw new Error(`The admin key ${path} cannot be read: ${reason(error)}.`, { cause: error })
  }
  if (!isAdminKey(text)) throw new Error(`${path} holds no admin key: delete it and start again to make one.`)
  return text
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
