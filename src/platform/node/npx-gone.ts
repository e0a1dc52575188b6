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
  const isGone = hasNoNpmAbove(shell)
  const timer = setInterval(() => {
    if (!isGone && process.ppid === shell && parentOf(shell) === npx) return
    clearInterval(timer)
    gone()
  }, LOOK_MS)
  timer.unref()
}

/** It ended before this process had come so far as to look: whoever adopted the shell would be taken for it. */
function hasNoNpmAbove(shell: number): boolean {
  let pid: number | undefined = shell
  while (pid !== undefined && pid > 0) {
    if (/\bnp[mx]\b/.test(commandOf(pid))) return false
    if (pid === 1) return true
    pid = parentOf(pid)
  }
  return false
}

/** Undefined where the system has no `/proc`: the shell's own end is seen there too. */
function parentOf(pid: number): number | undefined {
  try {
    // proc_pid_stat(5): what is in parentheses is the program's name, and may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '')
    return Number(stat.split(' ')[1])
  } catch {
    return undefined
  }
}

/** npm calls itself `npm exec trimtab`, and is `node …/npx-cli.js` before. The shell's own words end in trimtab's. */
function commandOf(pid: number): string {
  try {
    const [program = '', script = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return `${program} ${script}`
  } catch {
    return ''
  }
}
