/** The operator's log where no terminal is: JSON lines for whatever reads the pipe. Loads pino, so it is imported only where it is used. */
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'
import { failedInside, type Log, type LogLevel, stackOf } from './log.ts'

/** One JSON object a line; `write` takes members beside the message. */
export interface JsonLog extends Log {
  write(members: Readonly<Record<string, unknown>>, message: string): void
}

/** What a pipe takes at once, so that no line is cut by another. */
const ATOMIC_BYTES = 4096
const KEPT_BYTES = 2048
const FLUSH_MS = 250

/** Lines of requests go out together and behind the traffic; a message goes out at once, and what waits with it. */
export function jsonLog(level: LogLevel, file: number | string): JsonLog {
  const stream = destination({
    dest: file,
    sync: false,
    minLength: KEPT_BYTES,
    maxWrite: ATOMIC_BYTES,
    periodicFlush: FLUSH_MS,
  })
  // A pipe whose reader is gone must not end the process.
  stream.on('error', () => {})
  const logger = openPino(level, stream)
  const flush = (): void => flushNow(stream)
  process.once('exit', flush)
  const tell = (at: LogLevel, message: string, members: Readonly<Record<string, unknown>> = {}): void => {
    logger[at](members, message)
    flush()
  }
  return {
    info: (message) => tell('info', message),
    warn: (message) => tell('warn', message),
    error: (message) => tell('error', message),
    // Behind the traffic, as lines of requests: a model server may print one a token.
    printed: (provider, line) => logger.info({ provider }, `${provider}: ${line}`),
    failed: (error, requestId) =>
      tell('error', failedInside(requestId), {
        request_id: requestId || undefined,
        stack: stackOf(error),
      }),
    write: (members, message) => logger.info(members, message),
    close: () => {
      process.off('exit', flush)
      flush()
    },
  }
}

function openPino(level: LogLevel, stream: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
}

function flushNow(stream: ReturnType<typeof destination>): void {
  try {
    stream.flushSync()
  } catch {
    // Not open yet, or its reader gone: there is nobody to tell.
  }
}
