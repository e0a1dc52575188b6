/**
 * Tells when the npx that started this process has ended. npm passes SIGTERM to the shell between them, which dies of it
 * and passes nothing on: whoever stops npx would leave a trimtab behind that nobody knows of.
 */
import { readFileSync } from 'node:fs'

const LOOK_MS = 500

/** Whatever else started it, and ends, is no reason to stop: nohup, a login, a script that leaves it running. */
export function watchNpx(environment: NodeJS.ProcessEnv, gone: () => void): void {
  const { npm_lifecycle_event: event, npm_lifecycle_script: script = '' } = environment
  // Inherited by all that npx runs: only a script that is trimtab itself, in its foreground, is meant.
  if (event !== 'npx' || !/\btrimtab\b/.test(script) || script.includes('&')) return
  const shell = process.ppid
  const npx = parentOf(shell)
  const timer = setInterval(() => {
    if (process.ppid === shell && parentOf(shell) === npx) return
    clearInterval(timer)
    gone()
  }, LOOK_MS)
  timer.unref()
}

/** Undefined where the system has no `/proc`: the shell's own end is seen there too. */
function parentOf(pid: number): string | undefined {
  try {
    // proc_pid_stat(5): what is in parentheses is the program's name, and may hold anything.
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[1]
  } catch {
    return undefined
  }
}
