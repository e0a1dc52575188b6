/** The model server of one provider: started, waited for, started again where it ends, stopped at last. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { CommandStanding } from '../../http/health.ts'
import type { CommandSettings } from '../../providers/settings.ts'
import { commandEnvironment, filledWords } from './command-environment.ts'
import type { Readied, StartedServer } from './command-transport.ts'
import { type LaunchRecord, removeRecord, writeRecord } from './launch-records.ts'
import { freeLoopbackPort } from './loopback-port.ts'
import { followLines } from './output-lines.ts'
import { identify } from './process-identity.ts'
import { untilReady } from './server-readiness.ts'
import { StartFailures } from './start-failures.ts'
import { startWatched, type WatchedChild } from './watched-child.ts'

/** What its operator reads. */
interface CommandLog {
  info(message: string): void
  warn(message: string): void
  /** A line that a provider's command printed. */
  printed(provider: string, line: string): void
}

export interface ModelProcessParts {
  /** Where records of what runs are kept. */
  folder: string
  environment: NodeJS.ProcessEnv
  log: CommandLog
  random(): number
}

export class ModelProcess implements StartedServer {
  readonly digest: string
  /** Those of the next start. */
  command: CommandSettings
  readonly #provider: string
  readonly #parts: ModelProcessParts
  #state: CommandStanding['state'] = 'starting'
  /** Why the last start came to nothing; empty while it is worth waiting. */
  #reason = ''
  #port: number | undefined
  #record: LaunchRecord | undefined
  #child: WatchedChild | undefined
  #starts = 0
  readonly #failures = new StartFailures()
  #lastLine = ''
  #calls = 0
  readonly #stopping = new AbortController()
  readonly #waiting = new Set<(readied: Readied) => void>()
  #idle: (() => void) | undefined
  #running: Promise<void> | undefined

  constructor(provider: string, command: CommandSettings, parts: ModelProcessParts) {
    this.#provider = provider
    this.command = command
    this.digest = digestOf(command)
    this.#parts = parts
  }

  get origin(): string | undefined {
    return this.#state === 'ready' ? this.#address : undefined
  }

  get standing(): CommandStanding {
    return {
      provider: this.#provider,
      state: this.#state,
      starts: this.#starts,
      ...(this.#record === undefined ? {} : { port: this.#record.port }),
      ...(this.#record?.server === undefined ? {} : { pid: this.#record.server.pid }),
      ...(this.#reason === '' ? {} : { reason: this.#reason }),
    }
  }

  /** Of all its processes, while it runs. */
  get session(): number | undefined {
    return this.#child?.groupId
  }

  whenReady(listener: (readied: Readied) => void): () => void {
    if (this.#reason === '' && !this.#isStopping) {
      this.#waiting.add(listener)
      return () => void this.#waiting.delete(listener)
    }
    let wanted = true
    const reason = this.#reason || 'its command is being stopped'
    queueMicrotask(() => wanted && listener({ kind: 'refused', reason }))
    return () => {
      wanted = false
    }
  }

  callBegan(): void {
    this.#calls++
  }

  callEnded(): void {
    if (--this.#calls === 0) this.#idle?.()
  }

  /** Starts it, once what `after` waits for is over, and again whenever it ends. */
  start(after: Promise<unknown>): void {
    this.#running = after.then(() => this.#keepRunning())
  }

  /** Lets the calls under way end within `graceMs`, takes no more, and resolves once nothing of it runs. */
  async stop(graceMs: number): Promise<void> {
    this.#state = 'stopping'
    if (this.#calls > this.#waiting.size && graceMs > 0) {
      const idle = new Promise<void>((resolve) => {
        this.#idle = resolve
      })
      this.#tellWaiting({ kind: 'refused', reason: 'its command is being stopped' })
      await Promise.race([idle, pause(graceMs, undefined, { signal: this.#stopping.signal })]).catch(() => {})
    }
    this.#stopping.abort()
    this.#tellWaiting({ kind: 'refused', reason: 'its command is being stopped' })
    this.#child?.stop()
    await this.#running
  }

  /** From the first word of it on, also while the last calls may end. */
  get #isStopping(): boolean {
    return this.#state === 'stopping'
  }

  get #address(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stopping
    while (!this.#isStopping) {
      const { ending, readyMs } = await this.#runOnce().catch((error: Error) => ({
        ending: `could not be started (${error.message})`,
        readyMs: 0,
      }))
      this.#forget()
      if (this.#isStopping) return
      const pauseMs = this.#countFailure(ending, readyMs)
      await pause(pauseMs, undefined, { signal }).catch(() => {})
    }
  }

  /** Starts it and waits for its end. `readyMs` is how long it was ready. */
  async #runOnce(): Promise<{ ending: string; readyMs: number }> {
    const { directory } = this.command
    if (!existsSync(directory)) return { ending: `has no folder ${directory} to run in`, readyMs: 0 }
    this.#port = await freeLoopbackPort(this.#port)
    if (this.#isStopping) return { ending: 'was stopped', readyMs: 0 }
    const child = this.#launch(this.#port)
    const { readyPath: path, readyTimeoutMs: timeoutMs } = this.command
    const over = new AbortController()
    const ended = child.ended.finally(() => over.abort())
    const startedMs = performance.now()
    const ready = await untilReady(this.#address, { path, timeoutMs, signal: over.signal })
    const readyAtMs = performance.now()
    if (ready) this.#becomeReady(readyAtMs - startedMs)
    else child.stop()
    const ending = await ended
    if (ready) return { ending, readyMs: performance.now() - readyAtMs }
    const late = readyAtMs - startedMs >= timeoutMs
    return {
      ending: late ? `was not ready within ${timeoutMs / 1000} s (ready_timeout)` : ending,
      readyMs: 0,
    }
  }

  #launch(port: number): WatchedChild {
    const { command } = this
    const environment = commandEnvironment(this.#parts.environment, command.environment, port)
    this.#starts++
    const program = { words: filledWords(command.words, port), environment, directory: command.directory }
    const child = startWatched(program, (pid) => this.#note(child, port, pid))
    this.#child = child
    this.#note(child, port, undefined)
    this.#lastLine = ''
    for (const stream of [child.stdout, child.stderr]) {
      followLines(stream, (line) => {
        this.#lastLine = line
        this.#parts.log.printed(this.#provider, line)
      })
    }
    return child
  }

  #becomeReady(tookMs: number): void {
    if (this.#isStopping) return
    this.#state = 'ready'
    this.#reason = ''
    this.#failures.wasReady()
    const seconds = (tookMs / 1000).toFixed(1)
    const pid = this.#record?.server?.pid
    this.#parts.log.info(
      `Provider ${this.#provider}: its command is ready after ${seconds} s, at ${this.#address}${pid === undefined ? '' : `, as process ${pid}`}.`,
    )
    this.#tellWaiting({ kind: 'ready', origin: this.#address })
  }

  /** Returns how long to pause. */
  #countFailure(ending: string, readyMs: number): number {
    const { pauseMs, isWorthWaiting } = this.#failures.count(readyMs, this.#parts.random())
    this.#state = isWorthWaiting ? 'starting' : 'failing'
    this.#reason = isWorthWaiting ? '' : `its command ${ending}`
    const said = this.#lastLine === '' ? '' : `; its last words: ${this.#lastLine.slice(0, 200)}`
    this.#parts.log.warn(
      `Provider ${this.#provider}: its command ${ending}${said}. It is started again in ${(pauseMs / 1000).toFixed(1)} s.`,
    )
    if (!isWorthWaiting) this.#tellWaiting({ kind: 'refused', reason: this.#reason })
    return pauseMs
  }

  #tellWaiting(readied: Readied): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const listener of waiting) listener(readied)
  }

  /** For whoever comes after a `kill -9`. */
  #note({ groupId }: WatchedChild, port: number, pid: number | undefined): void {
    const owner = identify(process.pid)
    const watcher = groupId === undefined ? undefined : identify(groupId)
    if (owner === undefined || watcher === undefined) return
    const server = pid === undefined ? undefined : identify(pid)
    this.#record = { provider: this.#provider, digest: this.digest, port, owner, watcher, server }
    try {
      writeRecord(this.#parts.folder, this.#record)
    } catch (error) {
      this.#parts.log.warn(`Provider ${this.#provider}: its process is not recorded (${String(error)}).`)
    }
  }

  #forget(): void {
    if (this.#record !== undefined) removeRecord(this.#parts.folder, this.#record)
    this.#record = undefined
    this.#child = undefined
    if (this.#state === 'ready') this.#state = 'starting'
  }
}

/** Equal where the same would be started. */
export function digestOf({ words, environment, directory }: CommandSettings): string {
  return createHash('sha256')
    .update(JSON.stringify([words, environment, directory]))
    .digest('hex')
}
