/** A batch of messages as its caller is told of it. */

type Answer = Readonly<Record<string, unknown>>

/**
 * With the address of its results below the caller's own base URL, where its SDKs look for it: at the provider's they would
 * show the key that they have for trimtab. Of a list, every batch.
 */
export function withResultsHere(answer: Answer): Answer {
  if (Array.isArray(answer.data)) return { ...answer, data: answer.data.map(batchWithResultsHere) }
  return batchWithResultsHere(answer)
}

function batchWithResultsHere(batch: Answer): Answer {
  if (typeof batch.results_url !== 'string' || typeof batch.id !== 'string') return batch
  return { ...batch, results_url: `/v1/messages/batches/${encodeURIComponent(batch.id)}/results` }
}
