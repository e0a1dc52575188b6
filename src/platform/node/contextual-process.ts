/**
 * Supervises the process that computes contextual vectors: starts it when it is first needed, again with growing pauses
 * where it ends, and leaves nothing behind: it ends by itself when the channel between the two closes.
 */
import { type ChildProcess, fork } from 'node:child_process'
import type {
  ContextualProcessSettings,
  MessageFromContextual,
  MessageToContextual,
} from './contextual-messages.ts'
import { followLines } from './output-lines.ts'

const FIRST_BACKOFF_MS = 500
const LONGEST_BACKOFF_MS = 60_000
/** Who was ready for so long has started well: its end is a new trouble. */
const SOUND_MS = 60_000
/** A disk that has to read the model first is slow. */
const LOAD_WITHIN_MS = 120_000
/** A batch takes a second at most; what takes so long hangs. */
const ANSWER_WITHIN_MS = 30_000

export interface ContextualProcessParts {
  /** Path of the program, `contextual-embedder-process`. */
  script: string
  settings: ContextualProcessSettings
  environment: NodeJS.ProcessEnv
  random(): number
  info(message: string): void
  warn(message: string): void
  /** It can be given a batch. */
  ready(): void
  /** The answer to the one batch that is under way. */
  answered(answer: Float32Array | { failed: string }): void
  /** It ended, with a batch or without; `reason` undefined: it is worth waiting for the next. */
  ended(reason: string | undefined): void
}

type State = 'idle' | 'starting' | 'ready' | 'pausing' | 'stopped'

export class ContextualProcess {
  readonly #parts: ContextualProcessParts
  #state: State = 'idle'
  #child: ChildProcess | undefined
  #timer: NodeJS.Timeout | undefined
  #readyAtMs: number | undefined
  #failures = 0
  #reason: string | undefined
  #lastLine = ''

  constructor(parts: ContextualProcessParts) {
    this.#parts = parts
  }

  get state(): State {
    return this.#state
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Why the last start came to nothing; undefined while it is worth waiting. */
  get reason(): string | undefined {
    return this.#reason
  }

  /** Does nothing where it runs, or will be started again. */
  start(): void {
    if (this.#state === 'idle') this.#launch()
  }

  /** One batch at a time, and only when ready. */
  send(message: MessageToContextual): void {
    const child = this.#child
    child?.send(message, (error) => error && this.#end(child, `cannot be told anything (${error.message})`))
    this.#expect(ANSWER_WITHIN_MS, `did not answer within ${ANSWER_WITHIN_MS / 1000} s`)
  }

  /** Ends it at once, for good: it holds nothing that would be lost. */
  async stop(): Promise<void> {
    this.#state = 'stopped'
    clearTimeout(this.#timer)
    const child = this.#child
    if (child === undefined) return
    const over = new Promise((resolve) => child.once('exit', resolve))
    child.ref()
    child.kill('SIGKILL')
    await over
  }

  #launch(): void {
    const { script, settings, environment } = this.#parts
    this.#state = 'starting'
    this.#lastLine = ''
    const startedMs = performance.now()
    const child = fork(script, [JSON.stringify(settings)], {
      env: environment,
      // Neither a debugger's port nor a loader is passed on.
      execArgv: [],
      serialization: 'advanced',
      // A group of its own: a Ctrl-C on the terminal lets requests under way end first.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child = child
    child.on('message', (message: MessageFromContextual) => this.#hear(child, message, startedMs))
    child.once('error', (error) => this.#end(child, `could not be started (${error.message})`))
    child.once('exit', (code, signal) => this.#end(child, endingOf(code, signal)))
    if (child.stderr) {
      followLines(child.stderr, (line) => {
        this.#lastLine = line
      })
    }
    // Whoever waits for an answer has a deadline, which keeps this process alive; the child itself must not.
    child.unref()
    child.channel?.unref()
    ;(child.stderr as { unref?(): void } | null)?.unref?.()
    this.#expect(LOAD_WITHIN_MS, `was not ready within ${LOAD_WITHIN_MS / 1000} s`)
  }

  #hear(child: ChildProcess, message: MessageFromContextual, startedMs: number): void {
    if (child !== this.#child || this.#state === 'stopped') return
    clearTimeout(this.#timer)
    switch (message.kind) {
      case 'ready':
        this.#state = 'ready'
        this.#reason = undefined
        this.#readyAtMs = performance.now()
        this.#parts.info(
          `The embedder ${this.#parts.settings.model.id} is ready after ${((this.#readyAtMs - startedMs) / 1000).toFixed(1)} s, as process ${child.pid}.`,
        )
        return this.#parts.ready()
      case 'vectors':
        return this.#parts.answered(message.vectors)
      case 'failed':
        return this.#parts.answered({ failed: message.reason })
      case 'unusable':
        return this.#end(child, `cannot start: ${message.reason}`)
      default:
        message satisfies never
    }
  }

  #expect(withinMs: number, otherwise: string): void {
    const child = this.#child
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => child && this.#end(child, otherwise), withinMs)
    this.#timer.unref()
  }

  /** Told once a child, by whatever shows its end first. */
  #end(child: ChildProcess, ending: string): void {
    if (child !== this.#child) return
    this.#child = undefined
    clearTimeout(this.#timer)
    child.kill('SIGKILL')
    if (this.#state === 'stopped') return this.#parts.ended('it is being stopped')
    const readyMs = this.#readyAtMs === undefined ? undefined : performance.now() - this.#readyAtMs
    this.#readyAtMs = undefined
    this.#pause(ending, readyMs)
    this.#parts.ended(this.#reason)
  }

  /** Backoff with full jitter. One end after having been ready is waited through. */
  #pause(ending: string, readyMs: number | undefined): void {
    this.#state = 'pausing'
    this.#failures = readyMs !== undefined && readyMs >= SOUND_MS ? 1 : this.#failures + 1
    const most = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#failures - 1))
    const pauseMs = this.#parts.random() * most
    this.#reason = readyMs !== undefined && this.#failures === 1 ? undefined : `its process ${ending}`
    const said = this.#lastLine === '' ? '' : `; its last words: ${this.#lastLine.slice(0, 200)}`
    this.#parts.warn(
      `The embedder ${this.#parts.settings.model.id}: its process ${ending}${said}. It is started again in ${(pauseMs / 1000).toFixed(1)} s.`,
    )
    this.#timer = setTimeout(() => this.#launch(), pauseMs)
    this.#timer.unref()
  }
}

function endingOf(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`
}
