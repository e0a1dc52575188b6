/** By which methods a path can be asked, for whoever asked it by another (RFC 9110, section 15.5.6). */
import { type CallersApi, passedMethods } from '../openai/passed-route.ts'

const METHOD_OF: Readonly<Record<string, string>> = {
  '/v1/chat/completions': 'GET, POST',
  '/v1/completions': 'POST',
  '/v1/embeddings': 'POST',
  '/v1/responses': 'POST',
  '/v1/messages': 'POST',
  '/v1/messages/count_tokens': 'POST',
  '/v1/models': 'GET',
  '/healthz': 'GET',
  '/readyz': 'GET',
  '/metrics': 'GET',
  '/trimtab/api/feedback': 'POST',
}
const MODEL = '/v1/models/'
const BASE = '/v1/'

/** As `Allow` lists them; undefined where there is nothing at the path. `path` as in the request line. */
export function allowedMethods(path: string, api: CallersApi): string | undefined {
  const fixed = METHOD_OF[path]
  if (fixed !== undefined) return fixed
  const passed = path.startsWith(BASE) ? passedMethods(path.slice(BASE.length), api) : []
  if (path.startsWith(MODEL) && path.length > MODEL.length) return ['GET', ...passed].join(', ')
  return passed.length === 0 ? undefined : passed.join(', ')
}
