/** Files that commands write for the operator. */
import { writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder } from './data-folder.ts'

/** Writes a file and the folders above it; false where it exists already. */
export async function createFile(path: string, text: string): Promise<boolean> {
  makeFolder(dirname(path))
  try {
    writeFileSync(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
