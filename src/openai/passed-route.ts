/** The paths of OpenAI's API that are passed through as they are: which there are, and what is known of each. */

/** What an answer is billed by: `unknown` is null in the ledger, never 0. */
type PassedBill = 'nothing' | 'usage' | 'unknown'

interface PassedRow {
  /** What is made here is kept by the provider under an id. */
  stored: boolean
  /** Of POST; asking for what is there, and deleting it, is free everywhere. */
  bill: PassedBill
}

const ANSWERS: PassedRow = { stored: false, bill: 'usage' }
const FREE_ANSWERS: PassedRow = { stored: false, bill: 'nothing' }
const FREE: PassedRow = { stored: true, bill: 'nothing' }
const UNPRICED: PassedRow = { stored: true, bill: 'unknown' }

/** By their names in the ledger. `{id}` stands where the bare path is another endpoint's. */
const ROWS = {
  moderations: FREE_ANSWERS,
  'audio/transcriptions': ANSWERS,
  'audio/translations': ANSWERS,
  'audio/speech': ANSWERS,
  'images/generations': ANSWERS,
  'images/edits': ANSWERS,
  'images/variations': ANSWERS,
  'responses/input_tokens': FREE_ANSWERS,
  'responses/compact': ANSWERS,
  'responses/{id}': FREE,
  'chat/completions/{id}': FREE,
  files: FREE,
  uploads: FREE,
  // Billed when the file of its answers is read.
  batches: FREE,
  conversations: FREE,
  assistants: FREE,
  vector_stores: UNPRICED,
  'fine_tuning/jobs': UNPRICED,
  evals: UNPRICED,
  containers: UNPRICED,
  threads: UNPRICED,
  videos: UNPRICED,
} as const satisfies Record<string, PassedRow>

export type PassedEndpoint = keyof typeof ROWS

export const PASSED_METHODS = ['GET', 'POST', 'DELETE'] as const

type PassedMethod = (typeof PASSED_METHODS)[number]

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

const ID = '/{id}'
/** The more exact come before those that would match as well. */
export const PASSED_ENDPOINTS = Object.keys(ROWS) as PassedEndpoint[]

/** `path` as in the request line, below `/v1/`. Undefined where nothing of the kind is passed through. */
export function passedRoute(method: string, path: string, query: string): PassedRoute | undefined {
  if (!isMethod(method)) return undefined
  const segments = segmentsOf(path)
  if (segments === undefined) return undefined
  for (const endpoint of PASSED_ENDPOINTS) {
    const root = rootOf(endpoint)
    if (path !== root && !path.startsWith(`${root}/`)) continue
    const row = ROWS[endpoint]
    const after = segments.slice(root.split('/').length)
    const [id, ...rest] = after
    if (
      !(row.stored ? id !== undefined || takesBare(endpoint, method) : id === undefined && method === 'POST')
    )
      continue
    return { ...row, endpoint, method, path, query, id: idOf(endpoint, id), rest: rest.join('/') }
  }
  return undefined
}

/** Where the bare path asks a model, it can only list what was kept; `responses` has no list. */
function takesBare(endpoint: PassedEndpoint, method: PassedMethod): boolean {
  return !endpoint.endsWith(ID) || (endpoint === 'chat/completions/{id}' && method === 'GET')
}

/** By which methods a path can be asked; none where nothing of the kind is passed through. */
export function passedMethods(path: string): readonly PassedMethod[] {
  return PASSED_METHODS.filter((method) => passedRoute(method, path, '') !== undefined)
}

/** `threads/runs` makes a thread and runs it: the one word that stands in an id's place. */
function idOf(endpoint: PassedEndpoint, segment: string | undefined): string | undefined {
  return endpoint === 'threads' && segment === 'runs' ? undefined : segment
}

function rootOf(endpoint: PassedEndpoint): string {
  return endpoint.endsWith(ID) ? endpoint.slice(0, -ID.length) : endpoint
}

function isMethod(method: string): method is PassedMethod {
  return (PASSED_METHODS as readonly string[]).includes(method)
}

/** Undefined for a path that a server could read as another: our credential must not reach what is not listed. */
function segmentsOf(path: string): string[] | undefined {
  try {
    const segments = path.split('/').map(decodeURIComponent)
    return segments.every((segment) => /^(?!\.{1,2}$)[^/\\?#\p{Cc}]+$/u.test(segment)) ? segments : undefined
  } catch {
    return undefined
  }
}
