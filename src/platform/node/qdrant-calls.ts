/** Calls to Qdrant that requests wait for, over sockets that stay open. */
import { Pool } from 'undici'
import { qdrantAddress } from '../../storage/qdrant-address.ts'
import type { QdrantCalls } from '../../storage/qdrant-index.ts'

const MOST_SOCKETS = 16
/** An answer is a few questions with their labels, or one answer. */
const MOST_BYTES = 16 * 1024 * 1024

export function qdrantCalls(url: string, apiKey: string | undefined): QdrantCalls {
  const pool = new Pool(qdrantAddress(url).origin, {
    connections: MOST_SOCKETS,
    pipelining: 1,
    // Each call has a time limit of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  const headers = {
    'content-type': 'application/json',
    ...(apiKey === undefined ? {} : { 'api-key': apiKey }),
  }
  return {
    async post(path, body, signal) {
      const answer = await pool.request({ method: 'POST', path, headers, body, signal })
      const chunks: Uint8Array[] = []
      let bytes = 0
      for await (const chunk of answer.body) {
        bytes += chunk.byteLength
        if (bytes > MOST_BYTES) throw new Error('its answer is too large')
        chunks.push(chunk)
      }
      return { status: answer.statusCode, body: Buffer.concat(chunks).toString('utf8') }
    },
    close: () => pool.destroy(),
  }
}
