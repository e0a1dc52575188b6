/**
 * Starts a program that cannot outlive this process. Between the two stands a watcher, a shell that takes 0.3 MB: it holds
 * one end of a pipe whose other end only this process has, so that the system closes it however this process ends,
 * `kill -9` included. Then the watcher ends the program's whole process group. A stop that is asked for takes the same
 * way: the pipe is closed. The group is a session of its own, which a Ctrl-C on the terminal does not reach.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'

/** Between SIGTERM and SIGKILL. */
const STOP_GRACE_SECONDS = 10
/** Beyond the grace, for a watcher that does not do its work. */
const WATCHER_MARGIN_MS = 2_000
/** What still comes through the pipes of a program that ended; one of its children may hold them open for ever. */
const OUTPUT_MARGIN_MS = 1_000

/**
 * 0 is the pipe of life, 3 tells of the program. The watcher's own TERM is caught, not ignored: what is ignored would
 * be ignored by the program as well. Whatever ends, the group goes with it: a server's workers are never left behind.
 * 5 is the program's standard error; the shells' own words, such as `Terminated`, go nowhere.
 */
const WATCHER = `
exec 4<&0 5>&2 </dev/null 2>/dev/null
trap : TERM INT HUP PIPE
{
  trap '' TERM INT HUP
  PATH="$PATH:/usr/bin:/bin"
  read -r _ <&4
  kill -s TERM -- "-$$"
  sleep "$1"
  kill -s KILL -- "-$$"
} 3>&- 5>&- >/dev/null &
exec 4<&-
shift
/bin/sh -c 'echo "pid $$" >&3; exec "$@" 2>&5 3>&- 5>&-' sh "$@"
echo "exit $?" >&3
kill -s KILL -- "-$$"
`

export interface ProgramToStart {
  /** The program and its arguments. */
  words: readonly string[]
  environment: NodeJS.ProcessEnv
  directory: string
}

export interface WatchedChild {
  /** Process id of the watcher, and id of the group that ends with it; undefined where nothing could be started. */
  readonly groupId: number | undefined
  readonly stdout: Readable
  readonly stderr: Readable
  /** Resolves with why, as what follows `its command`, once the program and its group have ended. */
  readonly ended: Promise<string>
  /** SIGTERM to the group, and SIGKILL after the grace. */
  stop(): void
}

/** `started` is told the program's own process id. */
export function startWatched(program: ProgramToStart, started: (pid: number) => void): WatchedChild {
  const child = spawn(
    '/bin/sh',
    ['-c', WATCHER, 'trimtab-watcher', String(STOP_GRACE_SECONDS), ...program.words],
    {
      cwd: program.directory,
      env: program.environment,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    },
  )
  const [life, stdout, stderr, telling] = child.stdio as [Writable, Readable, Readable, Readable, undefined]
  life.on('error', () => {})
  let impatience: ReturnType<typeof setTimeout> | undefined
  let isOver = false
  return {
    groupId: child.pid,
    stdout,
    stderr,
    ended: untilEnded(child, telling, started).finally(() => {
      isOver = true
      clearTimeout(impatience)
      life.destroy()
      killGroup(child.pid)
      setTimeout(() => [stdout, stderr].forEach((stream) => void stream.destroy()), OUTPUT_MARGIN_MS).unref()
    }),
    stop: () => {
      if (isOver) return
      life.destroy()
      impatience ??= setTimeout(() => killGroup(child.pid), STOP_GRACE_SECONDS * 1000 + WATCHER_MARGIN_MS)
    },
  }
}

async function untilEnded(
  child: ChildProcess,
  telling: Readable,
  started: (pid: number) => void,
): Promise<string> {
  let told = ''
  let isStarted = false
  telling.on('data', (bytes: Buffer) => {
    told += bytes.toString()
    const pid = /^pid (\d+)\n/.exec(told)?.[1]
    if (pid === undefined || isStarted) return
    isStarted = true
    started(Number(pid))
  })
  telling.on('error', () => {})
  const silent = new Promise((resolve) => telling.once('close', resolve))
  const refusal = await new Promise<Error | undefined>((resolve) => {
    child.once('error', resolve)
    child.once('exit', () => resolve(undefined))
  })
  if (refusal !== undefined && child.pid === undefined) return `could not be started (${refusal.message})`
  await silent
  const status = /^exit (\d+)$/m.exec(told)?.[1]
  return status === undefined ? 'lost its watcher, and was ended' : endOf(Number(status))
}

/** As shells tell it: a signal's number comes on top of 128. */
function endOf(status: number): string {
  if (status === 127) return 'was not found'
  if (status === 126) return 'may not be executed'
  const signal = Object.entries(constants.signals).find(([, number]) => number === status - 128)
  return signal === undefined ? `ended with exit code ${status}` : `was ended by ${signal[0]}`
}

function killGroup(groupId: number | undefined): void {
  if (groupId === undefined) return
  try {
    process.kill(-groupId, 'SIGKILL')
  } catch {
    // Nobody is left in it.
  }
}
