/** Tells a process from a later one that was given the same id: by when it was started. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface ProcessIdentity {
  pid: number
  /** Equal only for one and the same process; its form is the platform's own. */
  started: string
}

/** Undefined where no such process runs; one that ended and was not waited for counts as gone. */
export function identify(pid: number): ProcessIdentity | undefined {
  return process.platform === 'linux' ? identityByProc(pid) : identityByPs(pid)
}

export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.started === identity.started
}

/** From `/proc/PID/stat`: ticks since boot, with the boot's id, because ticks begin anew with each. */
function identityByProc(pid: number): ProcessIdentity | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The program's name stands in parentheses and may hold anything, parentheses too.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [state] = fields
    const ticks = fields[19]
    if (state === 'Z' || state === 'X' || ticks === undefined) return undefined
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    return { pid, started: `${boot}/${ticks}` }
  } catch {
    return undefined
  }
}

/** From POSIX' `ps`, where there is no `/proc`: to the second, which process ids take longer to come round. */
export function identityByPs(pid: number): ProcessIdentity | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString()
    const [, state = '', started = ''] = /^\s*(\S+)\s+(.*\S)\s*$/.exec(text) ?? []
    return started === '' || state.startsWith('Z') ? undefined : { pid, started }
  } catch {
    return undefined
  }
}
