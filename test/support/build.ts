/** Vitest's global setup: builds `dist/` once a run, so that tests which start the real program never meet a stale one. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Does not throw: tests that need no built program run all the same, and `startTrimtab` reports the fault. */
export async function setup(): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, ['build.mjs', '--quiet'], { cwd: root })
    delete process.env.TRIMTAB_BUILD_FAULT
  } catch (error) {
    process.env.TRIMTAB_BUILD_FAULT = error instanceof Error ? error.message : String(error)
  }
}
