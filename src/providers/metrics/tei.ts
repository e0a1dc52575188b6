/** Hugging Face's text-embeddings-inference, on the port of its API: `core/src/queue.rs`, `router/src/http/server.rs`. */
import { named, type Vocabulary } from './vocabulary.ts'

export const TEI: Vocabulary = {
  server: 'TEI',
  // Texts, of which a request may have several. What it works on it does not tell.
  waiting: named('te_queue_size'),
  queueSeconds: named('te_request_queue_duration_sum'),
  queued: named('te_request_queue_duration_count'),
}
