/**
 * Tells a binary of better-sqlite3 that may abort the process. Compiled with the headers of Node 24.19 or newer
 * (`node::ObjectWrap`), its statements ask for their context as they are collected, and where V8 collects by itself there is
 * none (WiseLibs/better-sqlite3#1515). A binary that was compiled with older headers runs on newer Nodes, and is safe.
 */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const FIRST_MAJOR = 24
/** Imported by these headers alone. */
const ASKS_FOR_CONTEXT = 'RemoveEnvironmentCleanupHook'

/** A sentence with what to do; undefined where nothing is known against the binary that this Node loads. */
export function sqliteFault(): string | undefined {
  if (Number.parseInt(process.versions.node, 10) < FIRST_MAJOR) return undefined
  const packageFile = createRequire(import.meta.url).resolve('better-sqlite3/package.json')
  return binaryFault(join(dirname(packageFile), 'build', 'Release', 'better_sqlite3.node'))
}

/** `path`: of the compiled binary; later versions have none there, and are safe. */
export function binaryFault(path: string): string | undefined {
  if (!existsSync(path) || !readFileSync(path).includes(ASKS_FOR_CONTEXT)) return undefined
  return `better-sqlite3 was compiled with the headers of Node 24.19 or newer, and may abort this process at any time: use Node 22, or have its own binary fetched (\`npm rebuild better-sqlite3\` where GitHub can be reached).`
}
