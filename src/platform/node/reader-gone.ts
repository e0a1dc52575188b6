/**
 * Tells when whoever reads standard output through a pipe has gone. Node learns that by writing alone, and there may be
 * nothing to write for long; GNU's `tail -f` looks at its own output all the time, and dies of what it sees.
 */
import { spawn } from 'node:child_process'
import { fstatSync } from 'node:fs'

const STANDARD_OUTPUT = 1

/** Where there is no pipe, or no such `tail`, the next line that is written tells. Returns what ends the watching. */
export function watchReader(gone: () => void): () => void {
  if (!fstatSync(STANDARD_OUTPUT).isFIFO()) return () => {}
  const watcher = spawn('tail', ['-f', '/dev/null', `--pid=${process.pid}`], {
    stdio: ['ignore', STANDARD_OUTPUT, 'ignore'],
  })
  watcher.unref()
  watcher.on('error', () => {})
  watcher.on('exit', (_code, signal) => {
    if (signal === 'SIGPIPE') gone()
  })
  return () => void watcher.kill()
}
