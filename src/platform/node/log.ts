/** What an operator is told of a running trimtab, as sentences on a terminal; `json-log.ts` has it for pipes. */

export type LogLevel = 'error' | 'warn' | 'info'

export interface Log {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
  /** A line that a provider's command printed, as information. */
  printed(provider: string, line: string): void
  /** A failure that is ours, with its stack, which is nowhere else. */
  failed(error: unknown, requestId: string): void
  /** Writes what is still kept. */
  close(): void
}

const RANK: Record<LogLevel, number> = { error: 0, warn: 1, info: 2 }

export function plainLog(level: LogLevel, line: (text: string) => void): Log {
  const at = (least: LogLevel, message: string): void => {
    if (RANK[level] >= RANK[least]) line(message)
  }
  return {
    info: (message) => at('info', message),
    warn: (message) => at('warn', message),
    error: (message) => at('error', message),
    printed: (provider, text) => at('info', `${provider}: ${text}`),
    failed: (error, requestId) => at('error', `${failedInside(requestId)}: ${stackOf(error)}`),
    close: () => {},
  }
}

export function failedInside(requestId: string): string {
  return requestId === '' ? 'trimtab failed inside' : `Request ${requestId} failed inside trimtab`
}

export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
