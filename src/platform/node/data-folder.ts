/** Folders that trimtab makes: its data folder, and those above the files it writes. */
import { accessSync, constants, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/** Only its owner may look into a data folder: keys' digests and the ledger lie there. */
const OWNER_ONLY = 0o700

/**
 * Makes the data folder where it is missing.
 * @throws Error with one sentence where it cannot be made or written to
 */
export function openDataFolder(path: string): void {
  try {
    makeFolder(path, OWNER_ONLY)
    accessSync(path, constants.W_OK | constants.X_OK)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`The data folder ${path} cannot be written (${reason}): choose another with --data.`)
  }
}

/** As `mkdir -p`. Node's own recursion never ends where a file system refuses new folders with ENOENT, as /proc does. */
export function makeFolder(path: string, mode?: number): void {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EEXIST') return
    const parent = dirname(path)
    if (code !== 'ENOENT' || parent === path) throw error
    makeFolder(parent, mode)
    mkdirSync(path, { mode })
  }
}
