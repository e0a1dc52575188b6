/** What the mock saw of one request, kept for a test to look at, and logged before it is answered. */
import { closeSync, openSync, writeSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import type { Said } from './chat-answer.ts'
import type { Counted } from './counted.ts'
import type { FaultKind } from './fault.ts'

export interface SeenRequest {
  /** 1 for the first request. */
  readonly number: number
  /** Unix milliseconds, when the body was whole. */
  readonly atMs: number
  readonly method: string
  /** Path and query as they came. */
  readonly url: string
  /** Names and values alternate; order and case as sent. */
  readonly rawHeaders: readonly string[]
  readonly headers: IncomingMessage['headers']
  readonly bytes: Uint8Array
  /** The parsed body; undefined where it is no JSON object. */
  readonly body: Readonly<Record<string, unknown>> | undefined
  /** 1 for the first connection. */
  readonly connection: number
  fault: FaultKind
  /** Undefined until a status line is sent. */
  status: number | undefined
  /** What a chat answer holds, before any fault spoils it. */
  said: Said | undefined
  /** What the mock counted of the answer that it is about to give; undefined for a refusal. */
  counted: Counted | undefined
  /** Of the answer's body, without chunk framing. */
  bytesWritten: number
  /** `aborted`: the peer left; `cut`: a fault ended the connection. */
  end: 'open' | 'whole' | 'cut' | 'aborted'
  endedAtMs: number | undefined
}

export interface RequestLog {
  /** One JSON line, on disk's side of this process before it returns. */
  write(seen: SeenRequest): void
  /** The line of an exchange that is over: what was counted, and how it ended. */
  writeEnd(seen: SeenRequest): void
  close(): void
}

/** Faults that spoil nothing of an answer, its usage included. */
const WHOLE: ReadonlySet<FaultKind> = new Set(['none', 'hold', 'delay', 'no_done', 'drip', 'close_after'])

/** Appends to `file`, or does nothing where there is none. */
export function openRequestLog(file: string | undefined): RequestLog {
  if (file === undefined) return { write() {}, writeEnd() {}, close() {} }
  const descriptor = openSync(file, 'a')
  let isOpen = true
  return {
    write(seen) {
      const { number, atMs, method, url, connection, fault } = seen
      const line = { number, atMs, method, url, connection, fault, ...told(seen) }
      writeSync(descriptor, `${JSON.stringify(line)}\n`)
    },
    writeEnd(seen) {
      if (!isOpen) return
      const { number, status, end, fault, counted } = seen
      const isTold = status === 200 && end === 'whole' && WHOLE.has(fault)
      const line = { ended: number, status, end, fault, counted, isTold, ...told(seen) }
      writeSync(descriptor, `${JSON.stringify(line)}\n`)
    },
    close() {
      isOpen = false
      closeSync(descriptor)
    },
  }
}

/** What a test tells requests apart by; never a credential. */
function told({ body, headers }: SeenRequest) {
  const mark = headers['x-mock-mark']
  return { model: body?.model, user: body?.user, stream: body?.stream === true, mark }
}
