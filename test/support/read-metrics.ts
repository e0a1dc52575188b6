/** What `/metrics` tells now. */
import { ask } from './ask.ts'
import { parseMetrics } from './prometheus-text.ts'

const NO_BODY = { 'content-type': undefined, 'content-length': undefined }

export async function readMetrics(origin: string): Promise<ReturnType<typeof parseMetrics>> {
  const { text } = await ask(origin, new Uint8Array(), { path: '/metrics', method: 'GET', headers: NO_BODY })
  return parseMetrics(text)
}
