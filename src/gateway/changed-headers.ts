/** The caller's sink, but for the headers at its beginning. */
import type { HeaderList } from '../providers/transport.ts'
import type { AnswerSink } from './answer-sink.ts'

/** `change` is asked when the answer begins. */
export function withChangedHeaders(
  sink: AnswerSink,
  change: (headers: HeaderList) => HeaderList,
): AnswerSink {
  return {
    begin: (status, headers) => sink.begin(status, change(headers)),
    write: (bytes) => sink.write(bytes),
    drained: (resume) => sink.drained(resume),
    end: () => sink.end(),
    fail: () => sink.fail(),
    departed: (listener) => sink.departed(listener),
    get begun() {
      return sink.begun
    },
  }
}
