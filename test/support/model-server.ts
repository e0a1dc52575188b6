/** Starts `model-server.mjs` by configuration, and looks at its processes from outside. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { identify } from '../../src/platform/node/process-identity.ts'

const script = fileURLToPath(new URL('model-server.mjs', import.meta.url))

/** The words of a command that appends its process ids to `pidFile`. */
export function modelServerWords(pidFile: string, ...args: string[]): string[] {
  return [process.execPath, script, '--port', '{port}', '--pids', pidFile, ...args]
}

export interface ProcessList {
  /** For the command's `--pids`. */
  file: string
  /** Every server and worker that ever was, oldest first. */
  all(): number[]
  /** Those of them that run. */
  running(): number[]
  /** Everything that runs, watchers and what has not told its id yet too. */
  left(): number[]
}

export function processList(folder: string): ProcessList {
  const file = join(folder, 'pids')
  const all = (): number[] => {
    try {
      return readFileSync(file, 'utf8').trim().split('\n').map(Number)
    } catch {
      return []
    }
  }
  const left = (): number[] =>
    execFileSync('ps', ['-eo', 'pid=,args='])
      .toString()
      .split('\n')
      // Each of them, but trimtab, has the file among its words.
      .filter((line) => line.includes(file))
      .map((line) => Number.parseInt(line, 10))
  return { file, all, left, running: () => all().filter((pid) => identify(pid) !== undefined) }
}

/** @throws after `timeoutMs` */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const endsAt = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > endsAt) throw new Error(`not within ${timeoutMs} ms: ${condition}`)
    await pause(20)
  }
}

interface Standing {
  provider: string
  state: string
  starts: number
  port?: number
  pid?: number
  reason?: string
}

/** What `/readyz` says of the commands. */
export async function standings(origin: string): Promise<Standing[]> {
  const answer = await fetch(`${origin}/readyz`)
  return ((await answer.json()) as { commands: Standing[] }).commands
}

export function untilState(origin: string, state: string): Promise<void> {
  return until(async () => (await standings(origin))[0]?.state === state)
}
