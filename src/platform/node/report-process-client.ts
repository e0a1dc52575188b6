/**
 * The serving process's end of the process that makes reports: starts it when a report is asked for, hands over the
 * sockets on which reports are told, and ends it where nobody asks for a while.
 */
import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import { Failure } from '../../errors.ts'
import type { ReportQuery } from '../../metering/reports.ts'
import { processorMs } from './process-time.ts'
import type { MessageFromReports, MessageToReports, ReportProcessSettings } from './report-messages.ts'
import { idleStarter } from './yield-to-requests.ts'

/** It starts in a fifth of a second and takes some 60 MB: worth keeping between one look at a report and the next. */
const IDLE_MS = 60_000
/** Where others take all cores, the idle class gets nothing: a report is not to wait for them longer than that. */
const PATIENCE_MS = 3000
/** Of that time; what has had less is starved. */
const LEAST_SHARE = 0.25

/**
 * Helpers would take the second of two cores, on which requests may be. A young generation that holds what one report makes
 * leaves them little to do: without it collecting took a tenth of the time.
 */
const V8_FLAGS = ['--single-threaded-gc', '--min-semi-space-size=32', '--max-semi-space-size=64']

export interface ReportProcessParts {
  /** Path of the program, `report-process`. */
  script: string
  settings: ReportProcessSettings
  environment: NodeJS.ProcessEnv
}

/** One of the two is to be called. */
export interface MadeReport {
  /** Answers on a socket of HTTP/1.1 on which nothing was answered yet, and closes it. */
  tell(socket: Socket): void
  leave(): void
}

/** A report on its way. */
interface Asked {
  query: ReportQuery
  /** It cannot be asked of another process any more. */
  isMade: boolean
  /** What is left here of the one on which it is told. */
  socket?: Socket
  resolve(made: MadeReport): void
  reject(failure: Failure): void
}

export class ReportProcess {
  readonly #parts: ReportProcessParts
  readonly #asked = new Map<number, Asked>()
  #child: ChildProcess | undefined
  /** False once the idle class could not be had, or was not enough. */
  #mayIdle = true
  #isReady = false
  #lastId = 0
  #stopped = false
  #timer: NodeJS.Timeout | undefined

  constructor(parts: ReportProcessParts) {
    this.#parts = parts
  }

  /** Undefined where none runs. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** @throws Failure what the process could not answer, and `ledger_unavailable` where it ended */
  make(query: ReportQuery): Promise<MadeReport> {
    if (this.#stopped) return Promise.reject(ended('trimtab is stopping'))
    const id = ++this.#lastId
    clearTimeout(this.#timer)
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { query, isMade: false, resolve, reject })
      if (this.#child === undefined) this.#start()
      else this.#say({ kind: 'report', id, query })
      this.#watch(id)
    })
  }

  /** What is on its way is lost. */
  async stop(): Promise<void> {
    this.#stopped = true
    const child = this.#child
    if (child === undefined) return
    const gone = new Promise((resolve) => child.once('close', resolve))
    child.ref()
    this.#end('trimtab is stopping')
    await gone
  }

  #over(id: number): void {
    this.#asked.get(id)?.socket?.destroy()
    this.#asked.delete(id)
    if (this.#asked.size > 0) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#end('nobody asks'), IDLE_MS)
    this.#timer.unref()
  }

  /** And asks it for what no process has made. */
  #start(): void {
    const { script, settings, environment } = this.#parts
    const idle = this.#mayIdle ? idleStarter(environment.PATH) : undefined
    this.#mayIdle = idle !== undefined
    this.#isReady = false
    const child = fork(script, [JSON.stringify(settings)], {
      env: neededOf(environment),
      // Not detached: where Linux shares out by session, the idle class counts within one alone.
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // Neither a debugger's port nor a loader is passed on.
      execArgv: idle === undefined ? V8_FLAGS : [...idle.arguments, process.execPath, ...V8_FLAGS],
      ...(idle !== undefined && { execPath: idle.program }),
    })
    this.#child = child
    child.on('message', (message: MessageFromReports) => {
      if (child === this.#child) this.#hear(message)
    })
    child.once('error', (error) => this.#lost(child, `it could not be started (${error.message})`))
    child.once('exit', (code, signal) => this.#lost(child, `it ended with ${signal ?? `exit code ${code}`}`))
    child.unref()
    child.channel?.unref()
    for (const [id, { query }] of this.#asked) this.#say({ kind: 'report', id, query })
  }

  #say(message: MessageToReports, socket?: Socket): void {
    const child = this.#child
    child?.send(message, socket, (error) => {
      if (error) this.#lost(child, `it cannot be told anything (${error.message})`)
    })
  }

  #hear(message: MessageFromReports): void {
    if (message.kind === 'ready') {
      this.#isReady = true
      return
    }
    const { id } = message
    const asked = this.#asked.get(id)
    if (message.kind === 'made' && asked !== undefined) {
      asked.isMade = true
      asked.resolve(this.#made(id, asked))
      return
    }
    if (message.kind === 'failure') asked?.reject(new Failure(message.code, message.message))
    this.#over(id)
  }

  #made(id: number, asked: Asked): MadeReport {
    const child = this.#child
    return {
      tell: (socket) => {
        if (child !== this.#child || !child?.connected) {
          socket.destroy()
          return
        }
        asked.socket = socket
        leaveToItsServer(socket)
        this.#say({ kind: 'tell', id }, socket)
      },
      leave: () => {
        this.#say({ kind: 'leave', id })
        this.#over(id)
      },
    }
  }

  /** Once a child, by whatever shows its end first. */
  #lost(child: ChildProcess, reason: string): void {
    if (child !== this.#child) return
    // Where `chrt` may not do what it is there for, it ends before anything has begun.
    if (this.#mayIdle && !this.#isReady) this.#startAnew()
    else this.#end(reason)
  }

  /** Looks once whether the child gets any time, where it has had something to do all the while. */
  #watch(id: number): void {
    const child = this.#child
    const before = child?.pid === undefined || !this.#mayIdle ? undefined : processorMs(child.pid)
    if (child?.pid === undefined || before === undefined) return
    const { pid } = child
    setTimeout(() => {
      if (child !== this.#child || this.#asked.get(id)?.isMade !== false) return
      if ((processorMs(pid) ?? before) - before < LEAST_SHARE * PATIENCE_MS) this.#startAnew()
    }, PATIENCE_MS).unref()
  }

  /** A child that waits for nobody makes what the other has not. */
  #startAnew(): void {
    const unmade = [...this.#asked].filter(([, { isMade }]) => !isMade)
    for (const [id] of unmade) this.#asked.delete(id)
    this.#end('it got no time on the processor')
    this.#mayIdle = false
    for (const [id, asked] of unmade) this.#asked.set(id, asked)
    this.#start()
  }

  #end(reason: string): void {
    clearTimeout(this.#timer)
    this.#child?.kill('SIGKILL')
    this.#child = undefined
    this.#mayIdle = true
    const asked = [...this.#asked.values()]
    this.#asked.clear()
    for (const { reject, socket } of asked) {
      socket?.destroy()
      reject(ended(reason))
    }
  }
}

function ended(reason: string): Failure {
  return new Failure(
    'ledger_unavailable',
    `The process that makes reports is not there (${reason}): ask once more.`,
  )
}

/**
 * A socket that is sent to another process is taken from its server's count, and the server asks that process once it
 * closes: one sent after that is counted off without the server looking whether it was the last, and it closes never.
 * So what is left of it here stays counted until it is destroyed.
 */
function leaveToItsServer(socket: Socket & { server?: unknown }): void {
  socket.server = undefined
}

/** No settings and no keys: the process reads a file and computes. */
function neededOf(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'SystemRoot', 'TEMP', 'NODE_PATH']
  return Object.fromEntries(names.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]]])))
}
