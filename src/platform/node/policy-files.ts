/** The policies folder on disk: its files, and word of each change once it has come to rest. */
import { readdirSync, statSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { PolicyFile } from '../../policy/parse-policy.ts'
import type { PolicyFiles } from '../../policy/policy-source.ts'

/** A change is told when two looks in a row agree, so within half a second: an editor may be in the middle of a save. */
const POLL_MS = 250
/** The parser refuses large files; nothing is gained by reading more than it needs for that. */
const MAX_BYTES = 8 << 20

/**
 * Polls rather than watches: it survives network file systems, symbolic links that are swapped,
 * and a folder that is deleted and made again. The timer keeps no process alive.
 */
export function nodePolicyFiles(folder: string): PolicyFiles {
  let wasThere = false
  /** What the folder looked like just before it was last read, so that no change after that goes untold. */
  let readAs: string | undefined
  return {
    async read() {
      readAs = signature(folder)
      const names = await policyNames(folder)
      if (names === undefined) {
        // A folder that was never made means no policies; one that vanished must not take its limits along.
        if (wasThere)
          throw new Error(`The policies folder ${folder} is gone; the last policies keep serving.`)
        return []
      }
      wasThere = true
      return Promise.all(names.map((name) => readPolicyFile(join(folder, name))))
    },
    onChange(changed) {
      let last: string | undefined
      const timer = setInterval(() => {
        const seen = signature(folder)
        const atRest = seen === last
        last = seen
        if (!atRest || readAs === undefined || seen === readAs) return
        readAs = seen
        changed()
      }, POLL_MS)
      timer.unref()
      return () => clearInterval(timer)
    },
  }
}

/**
 * The files under `paths`, each a file or a folder of policies.
 * @throws Error whose message names the path that cannot be read
 */
export async function readPolicyPaths(paths: readonly string[]): Promise<PolicyFile[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const names = await policyNames(path).catch((error: unknown) => {
        if (isCode(error, 'ENOTDIR')) return undefined
        throw error
      })
      return names === undefined ? [path] : names.map((name) => join(path, name))
    }),
  )
  return Promise.all([...new Set(found.flat())].map(readPolicyFile))
}

/** Names in the folder's order of file names; undefined where there is no such folder. */
async function policyNames(folder: string): Promise<string[] | undefined> {
  try {
    const names = await readdir(folder)
    return names.filter(isPolicyName).sort()
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

async function readPolicyFile(path: string): Promise<PolicyFile> {
  try {
    const { size } = await stat(path)
    if (size > MAX_BYTES) throw new Error(`it has ${size} bytes`)
    return { path, text: await readFile(path, 'utf8') }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`The policy file ${path} cannot be read: ${reason}.`, { cause: error })
  }
}

/**
 * What changes whenever a file is written, replaced, added or removed. Without promises: four looks a second
 * through the thread pool cost more CPU than a hundred requests.
 */
function signature(folder: string): string {
  try {
    const names = readdirSync(folder).filter(isPolicyName).sort()
    return names.map((name) => stamp(join(folder, name))).join('\n')
  } catch {
    return '(gone)'
  }
}

function stamp(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return `${path} ${stats?.ino} ${stats?.size} ${stats?.mtimeNs} ${stats?.ctimeNs}`
}

function isPolicyName(name: string): boolean {
  return /^[^.].*\.ya?ml$/i.test(name)
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
