/** The contextual embedder: what is asked waits in a bounded queue, and goes to a process of its own batch by batch. */
import { type Embedder, EmbedderUnavailable } from '../../embedding/embedder.ts'
import { ContextualProcess } from './contextual-process.ts'
import type { EmbedderModel } from './embedder-model.ts'

/** Texts that one batch holds: beyond it, whoever comes next waits too long. */
const BATCH_TEXTS = 32
/** Beyond so many characters no token counts any more, whitespace aside. */
const MOST_CHARACTERS = 16_384
/** Texts that wait at most: MiniLM computes them in a second or two. */
const MOST_WAITING = 256

export interface ContextualEmbedderParts {
  model: EmbedderModel
  threads: number
  /** From the call to its answer, the wait for others and for a start included. */
  timeoutMs: number
  /** Path of the program, `contextual-embedder-process`. */
  script: string
  /** Of trimtab; the process is given the little of it that it needs. */
  environment: NodeJS.ProcessEnv
  random(): number
  info(message: string): void
  warn(message: string): void
}

interface Asked {
  texts: readonly string[]
  vectors: Float32Array[]
  /** Nobody waits for it any more. */
  isOver: boolean
  resolve(vectors: readonly Float32Array[]): void
  reject(error: unknown): void
}

interface Waiting {
  asked: Asked
  index: number
}

export class ContextualEmbedder implements Embedder {
  readonly id: string
  readonly dimensions: number
  readonly #timeoutMs: number
  readonly #process: ContextualProcess
  #queue: Waiting[] = []
  #batch: readonly Waiting[] = []

  constructor(parts: ContextualEmbedderParts) {
    const { model, threads, environment, timeoutMs } = parts
    this.id = model.id
    this.dimensions = model.dimensions
    this.#timeoutMs = timeoutMs
    this.#process = new ContextualProcess({
      ...parts,
      settings: { model, threads },
      environment: neededOf(environment),
      ready: () => this.#sendNext(),
      answered: (answer) => this.#answered(answer),
      ended: (reason) => this.#ended(reason),
    })
  }

  /** Of the process that computes; undefined where none runs. */
  get pid(): number | undefined {
    return this.#process.pid
  }

  /** Why nothing can be had just now; undefined where it is worth asking. */
  get fault(): string | undefined {
    return this.#process.reason
  }

  /** Loads the model before anybody asks. */
  start(): void {
    this.#process.start()
  }

  /** Whoever waits is told so. */
  stop(): Promise<void> {
    this.#refuseAll('it is being stopped')
    return this.#process.stop()
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]> {
    signal?.throwIfAborted()
    if (texts.length === 0) return []
    this.#process.start()
    if (this.#process.state === 'stopped') throw this.#unavailable('it is being stopped')
    if (this.#process.reason !== undefined) throw this.#unavailable(this.#process.reason)
    if (this.#queue.length + texts.length > MOST_WAITING) {
      throw this.#unavailable(`${this.#queue.length} texts wait, and at most ${MOST_WAITING} may`)
    }
    return this.#ask(texts, signal)
  }

  #ask(texts: readonly string[], signal: AbortSignal | undefined): Promise<readonly Float32Array[]> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        asked.isOver = true
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
      }
      const asked: Asked = {
        texts,
        vectors: new Array(texts.length),
        isOver: false,
        resolve: (vectors) => {
          finish()
          resolve(vectors)
        },
        reject: (error) => {
          finish()
          reject(error)
        },
      }
      const abort = (): void => this.#leave(asked, signal?.reason)
      const late = (): void => this.#leave(asked, this.#unavailable(`no answer within ${this.#timeoutMs} ms`))
      const timer = setTimeout(late, this.#timeoutMs)
      signal?.addEventListener('abort', abort, { once: true })
      for (const index of texts.keys()) this.#queue.push({ asked, index })
      // Whatever else is asked in this turn goes along.
      queueMicrotask(() => this.#sendNext())
    })
  }

  /** Its texts make room for others, but those that are being computed. */
  #leave(asked: Asked, error: unknown): void {
    if (asked.isOver) return
    this.#queue = this.#queue.filter((waiting) => waiting.asked !== asked)
    asked.reject(error)
  }

  #sendNext(): void {
    if (this.#process.state !== 'ready' || this.#batch.length > 0 || this.#queue.length === 0) return
    this.#batch = this.#queue.splice(0, BATCH_TEXTS)
    this.#process.send({
      texts: this.#batch.map(({ asked, index }) => (asked.texts[index] ?? '').slice(0, MOST_CHARACTERS)),
    })
  }

  #answered(answer: Float32Array | { failed: string }): void {
    const batch = this.#batch
    this.#batch = []
    const failure = this.#failureOf(answer, batch.length)
    for (const [place, { asked, index }] of batch.entries()) {
      if (asked.isOver) continue
      if (failure !== undefined) this.#leave(asked, this.#unavailable(failure))
      else this.#take(asked, index, answer as Float32Array, place)
    }
    this.#sendNext()
  }

  #failureOf(answer: Float32Array | { failed: string }, texts: number): string | undefined {
    if (!(answer instanceof Float32Array)) return answer.failed
    return answer.length === texts * this.dimensions
      ? undefined
      : `it answered ${answer.length} numbers to ${texts} texts`
  }

  /** A copy, so that one vector that is kept does not keep its whole batch. */
  #take(asked: Asked, index: number, answer: Float32Array, place: number): void {
    asked.vectors[index] = answer.slice(place * this.dimensions, (place + 1) * this.dimensions)
    // In order, so that the last of them is the last to come.
    if (index === asked.texts.length - 1) asked.resolve(asked.vectors)
  }

  /** Those in the batch are lost; the others wait for the next start, where it is worth it. */
  #ended(reason: string | undefined): void {
    const batch = this.#batch
    this.#batch = []
    for (const { asked } of batch) this.#leave(asked, this.#unavailable(reason ?? 'its process ended'))
    if (reason !== undefined) this.#refuseAll(reason)
  }

  #refuseAll(reason: string): void {
    const waiting = [...this.#batch, ...this.#queue]
    this.#batch = []
    this.#queue = []
    for (const { asked } of waiting) this.#leave(asked, this.#unavailable(reason))
  }

  #unavailable(reason: string): EmbedderUnavailable {
    return new EmbedderUnavailable(`The embedder ${this.id} gives no vectors just now: ${reason}.`)
  }
}

/** No settings and no keys: the process reads files and computes. */
function neededOf(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'SystemRoot', 'TEMP', 'NODE_PATH']
  return Object.fromEntries(names.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]]])))
}
