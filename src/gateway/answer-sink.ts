/** The port through which an answer reaches the caller; one contract suite holds for every adapter. */
import type { HeaderList } from '../providers/transport.ts'

export interface AnswerSink {
  /** Sends status and headers; at most once, before the first write. */
  begin(status: number, headers: HeaderList): void
  /**
   * Returns false where the caller reads too slowly: wait for `drained` before writing more.
   * `others` is what those are sent instead who share the answer without paying for it.
   */
  write(bytes: Uint8Array, others?: Uint8Array): boolean
  /** Calls back once, when more may be written. */
  drained(resume: () => void): void
  end(): void
  /** Cuts the connection, so that the caller cannot take what it has for whole. */
  fail(): void
  /** True once `begin` was called. */
  readonly begun: boolean
  /** Calls back once if the caller leaves before the answer ended; at once where it has left already. */
  departed(listener: () => void): void
}
