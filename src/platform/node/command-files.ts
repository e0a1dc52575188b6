/** Files that commands read and write for the operator. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { PolicyFile } from '../../policy/parse-policy.ts'
import { makeFolder } from './data-folder.ts'

/** Reads policy files, and those directly inside folders. @throws Error whose message names the path that cannot be read */
export async function readPolicyPaths(paths: readonly string[]): Promise<readonly PolicyFile[]> {
  return paths.flatMap((path) => {
    try {
      if (!statSync(path).isDirectory()) return [{ path, text: readFileSync(path, 'utf8') }]
      const names = readdirSync(path).filter((name) => /\.ya?ml$/.test(name))
      return names.map((name) => ({ path: join(path, name), text: readFileSync(join(path, name), 'utf8') }))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`Cannot read ${path} (${reason}): name a policy file or a folder of them.`)
    }
  })
}

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
