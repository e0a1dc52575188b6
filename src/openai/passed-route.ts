/** Which request is passed through, and how its path is read: where it goes, and what it names. */
import {
  ID,
  PASSED_ENDPOINTS,
  PASSED_METHODS,
  type PassedEndpoint,
  type PassedMethod,
  type PassedRow,
  passedRow,
  refusalOfPath,
} from './passed-table.ts'

/** Whose API the caller speaks: some paths are of both, and mean other things in each. */
export type CallersApi = 'openai' | 'anthropic'

export interface PassedRoute extends PassedRow {
  endpoint: PassedEndpoint
  method: PassedMethod
  /** Below `/v1/`, as the caller wrote it. */
  path: string
  /** Without its `?`; empty for none. */
  query: string
  /** That the path names, decoded. */
  id: string | undefined
  /** What follows the id: `content`, `cancel`, `items/msg_1`; empty for nothing. */
  rest: string
}

/** Words that stand in an id's place: what is made there is asked for as if it had been made beside. */
const WORDS: Readonly<Partial<Record<PassedEndpoint, readonly string[]>>> = {
  threads: ['runs'],
  videos: ['edits', 'extensions'],
}

/** `path` as in the request line, below `/v1/`. Undefined where nothing of the kind is passed through. */
export function passedRoute(
  method: string,
  path: string,
  query: string,
  api: CallersApi = 'openai',
): PassedRoute | undefined {
  if (!isMethod(method)) return undefined
  const segments = segmentsOf(path)
  if (segments === undefined) return undefined
  for (const endpoint of PASSED_ENDPOINTS) {
    const row = passedRow(endpoint)
    const root = passedRoot(endpoint)
    if (row.api !== undefined && row.api !== api) continue
    if (path !== root && !path.startsWith(`${root}/`)) continue
    if (row.methods?.includes(method) === false) continue
    const after = segments.slice(root.split('/').length)
    const [id, ...rest] = isNamedByModel(endpoint) ? [after.join('/') || undefined] : after
    if (
      !(row.single ? id === undefined && method === 'POST' : id !== undefined || takesBare(endpoint, method))
    )
      continue
    return { ...row, endpoint, method, path, query, id: idOf(endpoint, id), rest: rest.join('/') }
  }
  return undefined
}

/**
 * Of a path that no endpoint here has: it passes all the same, since the providers' APIs grow faster than a list of them.
 * Undefined for one that is refused, or written so that a server could read it as another's.
 * @param path which `passedMethods` knows no method of
 */
export function unlistedRoute(
  method: string,
  path: string,
  query: string,
  api: CallersApi,
): PassedRoute | undefined {
  if (!isMethod(method) || path.includes('%') || segmentsOf(path) === undefined) return undefined
  if (refusalOfPath(path) !== undefined) return undefined
  const endpoint = api === 'anthropic' ? 'anthropic/unlisted' : 'unlisted'
  return { ...passedRow(endpoint), endpoint, method, path, query, id: undefined, rest: '' }
}

/** By which methods a path can be asked; none where nothing of the kind is passed through. */
export function passedMethods(path: string, api: CallersApi): readonly PassedMethod[] {
  return PASSED_METHODS.filter((method) => passedRoute(method, path, '', api) !== undefined)
}

/** Path of an endpoint without what it names. */
export function passedRoot(endpoint: PassedEndpoint): string {
  const path = passedRow(endpoint).path ?? endpoint
  return path.endsWith(ID) ? path.slice(0, -ID.length) : path
}

/** Where the bare path asks a model, it can only list what was kept; `responses` has no list, `models` has its own. */
function takesBare(endpoint: PassedEndpoint, method: PassedMethod): boolean {
  if (endpoint === 'custom') return false
  return !endpoint.endsWith(ID) || (endpoint === 'chat/completions/{id}' && method === 'GET')
}

function idOf(endpoint: PassedEndpoint, segment: string | undefined): string | undefined {
  return segment !== undefined && WORDS[endpoint]?.includes(segment) ? undefined : segment
}

function isMethod(method: string): method is PassedMethod {
  return (PASSED_METHODS as readonly string[]).includes(method)
}

/** Undefined for a path that a server could read as another: our credential must not reach what is not listed. */
function segmentsOf(path: string): string[] | undefined {
  try {
    const root = NAMED_BY_MODEL.find((prefix) => path.startsWith(prefix))
    const written = root === undefined ? path.split('/') : [root.slice(0, -1), ...modelIn(path, root)]
    const segments = written.map(decodeURIComponent)
    return segments.every((segment) => /^(?!\.{1,2}$)[^/\\?#\p{Cc}]+$/u.test(segment)) ? segments : undefined
  } catch {
    return undefined
  }
}

const NAMED_BY_MODEL = ['models/', 'custom/'] as const

function isNamedByModel(endpoint: PassedEndpoint): boolean {
  return endpoint === 'models/{id}' || endpoint === 'custom'
}

/** Names of models may have slashes in them, written plainly or not. */
function modelIn(path: string, root: string): string[] {
  return path.slice(root.length).split(/\/|%2f/i)
}
