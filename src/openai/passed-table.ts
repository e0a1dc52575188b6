/** The endpoints that are passed through as they are, what is known of each, and those that are not, with the reason. */

export const PASSED_METHODS = ['GET', 'POST', 'DELETE'] as const

export type PassedMethod = (typeof PASSED_METHODS)[number]

/** What an answer is billed by: `unknown` is null in the ledger, never 0. */
type PassedBill = 'nothing' | 'usage' | 'unknown'

export interface PassedRow {
  /** What is made here is kept by the provider under an id. */
  stored: boolean
  /** Asked by POST at this path alone; otherwise it is a collection, with ids below it. */
  single: boolean
  /** Of POST; asking for what is there, and deleting it, is free everywhere. */
  bill: PassedBill
  /** Undefined: all that are passed through. */
  methods?: readonly PassedMethod[]
  /** Whose path it is, where the other API has another thing there; undefined: OpenAI's alone. */
  api?: 'openai' | 'anthropic'
  /** Where the endpoint's name in the ledger is not its path. */
  path?: string
}

const ANSWERS: PassedRow = { stored: false, single: true, bill: 'usage' }
const FREE_ANSWERS: PassedRow = { stored: false, single: true, bill: 'nothing' }
const UNPRICED_ANSWERS: PassedRow = { stored: false, single: true, bill: 'unknown' }
const FREE: PassedRow = { stored: true, single: false, bill: 'nothing' }
const UNPRICED: PassedRow = { stored: true, single: false, bill: 'unknown' }
/** A secret that a client talks to the provider with, past trimtab: what that costs nobody here will know. */
const SECRET: PassedRow = { stored: true, single: true, bill: 'unknown' }

/** Sent once, because it may make something, and billed where its answer states a usage. */
const UNLISTED: PassedRow = { stored: true, single: false, bill: 'usage' }

export const ID = '/{id}'

/** By their names in the ledger. `{id}` stands where the bare path is another endpoint's. */
const ROWS = {
  moderations: FREE_ANSWERS,
  // Not of OpenAI's, but asked alike of Cohere, Jina and vLLM.
  rerank: ANSWERS,
  // A model that an operator declares, named by the path.
  custom: { stored: false, single: false, bill: 'usage', methods: ['POST'] },
  'audio/transcriptions': ANSWERS,
  'audio/translations': ANSWERS,
  'audio/speech': ANSWERS,
  'audio/voices': UNPRICED,
  'audio/voice_consents': FREE,
  'images/generations': ANSWERS,
  'images/edits': ANSWERS,
  'images/variations': ANSWERS,
  content_provenance_checks: UNPRICED_ANSWERS,
  'responses/input_tokens': FREE_ANSWERS,
  'responses/compact': ANSWERS,
  'responses/{id}': FREE,
  'chat/completions/{id}': FREE,
  files: { ...FREE, api: 'openai' },
  uploads: FREE,
  // Billed when the file of its answers is read.
  batches: FREE,
  conversations: FREE,
  assistants: FREE,
  vector_stores: UNPRICED,
  'fine_tuning/jobs': UNPRICED,
  'fine_tuning/alpha/graders/run': UNPRICED_ANSWERS,
  'fine_tuning/alpha/graders/validate': FREE_ANSWERS,
  // A model of one's own; which models there are is trimtab's to tell.
  'models/{id}': { ...FREE, methods: ['DELETE'] },
  evals: UNPRICED,
  containers: UNPRICED,
  threads: UNPRICED,
  'videos/characters': UNPRICED,
  videos: UNPRICED,
  skills: { ...UNPRICED, api: 'openai' },
  'realtime/client_secrets': SECRET,
  'realtime/sessions': SECRET,
  'realtime/transcription_sessions': SECRET,
  'realtime/translations/client_secrets': SECRET,
  'realtime/calls': UNPRICED,
  'chatkit/sessions': UNPRICED,
  'chatkit/threads': FREE,
  'agents/sessions': UNPRICED,
  'agents/automations': UNPRICED,
  'agents/environments/templates': FREE,
  'agents/environments': UNPRICED,
  agents: { ...FREE, api: 'openai' },
  vaults: { ...FREE, api: 'openai' },
  decisions: ANSWERS,
  'live/sessions': UNPRICED,
  webhook_endpoints: FREE,
  webhook_event_types: { stored: false, single: false, bill: 'nothing', methods: ['GET'] },
  // Billed when its results are read. Nobody else has anything at this path.
  'messages/batches': FREE,
  'anthropic/files': { ...FREE, api: 'anthropic', path: 'files' },
  'anthropic/skills': { ...UNPRICED, api: 'anthropic', path: 'skills' },
  // Any path that is none of these, because it is newer than they are or a server's own.
  unlisted: UNLISTED,
  'anthropic/unlisted': UNLISTED,
} as const satisfies Record<string, PassedRow>

export type PassedEndpoint = keyof typeof ROWS

/** The more exact come before those that would match as well. */
export const PASSED_ENDPOINTS = (Object.keys(ROWS) as PassedEndpoint[]).filter(
  (endpoint) => !isUnlisted(endpoint),
)

export function passedRow(endpoint: PassedEndpoint): PassedRow {
  return ROWS[endpoint]
}

export function isUnlisted(endpoint: string): boolean {
  return endpoint === 'unlisted' || endpoint === 'anthropic/unlisted'
}

/** Of Anthropic's API: asked of its providers, and told in its words. */
export function isAnthropics(endpoint: string): boolean {
  return endpoint === 'messages/batches' || endpoint.startsWith('anthropic/')
}

const ADMINISTRATION =
  'administers an organization by an admin key, which trimtab neither has nor passes on: ask the provider itself'

/** What the APIs have and trimtab does not pass, by the beginning of its path below `/v1/`. */
const REFUSED: Readonly<Record<string, string>> = {
  organization: ADMINISTRATION,
  organizations: ADMINISTRATION,
  projects: ADMINISTRATION,
  // Who may use a checkpoint of fine-tuning.
  'fine_tuning/checkpoints': ADMINISTRATION,
}

/** Why a path is not passed through, as a sentence goes on after it; undefined where nothing is known of it. */
export function refusalOfPath(path: string): string | undefined {
  const found = Object.keys(REFUSED).find((prefix) => path === prefix || path.startsWith(`${prefix}/`))
  return found === undefined ? undefined : REFUSED[found]
}
