/** Child processes for tests of a database that several processes share. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Resolves at the child's first output; a child that dies instead is an error. */
export async function spoken(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve())
    child.once('exit', (code) => reject(new Error(`The child process ended early with ${code}.`)))
  })
}

/** Another process that holds the write lock until it is told to let go. */
export async function holdLock(file: string): Promise<{ release: () => void; kill: () => void }> {
  const program = `
    const Database = require('better-sqlite3')
    const database = new Database(process.argv[1])
    database.exec('BEGIN IMMEDIATE')
    process.stdout.write('locked')
    process.stdin.once('data', () => { database.exec('COMMIT'); process.exit() })`
  const child = spawn(process.execPath, ['-e', program, file], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await spoken(child)
  return { release: () => child.stdin.write('go'), kill: () => child.kill('SIGKILL') }
}
