/** What a model reads of a request, in the order in which it reads it: one reading, for whoever marks, names, cuts or compares prompts. */
import type { Member, ModelEndpoint, ModelRequest } from './model-request.ts'

/** Tools, what tells the model who it is, and the conversation, with what the system says there. */
export const PROMPT_PARTS = ['tools', 'system', 'messages'] as const

export type PromptPart = (typeof PROMPT_PARTS)[number]

/** A value of the body, and the bytes it stands at. */
export interface PromptPiece {
  start: number
  end: number
  value: unknown
}

export type Prompt = Readonly<Record<PromptPart, PromptPiece | undefined>>

/** Members of the body; undefined where models have no prompt. */
const MEMBERS: Readonly<Record<ModelEndpoint, { system?: string; messages: string } | undefined>> = {
  'chat/completions': { messages: 'messages' },
  messages: { system: 'system', messages: 'messages' },
  responses: { system: 'instructions', messages: 'input' },
  completions: { messages: 'prompt' },
  embeddings: undefined,
}

/** Undefined where nothing of the request could be in a prefix cache. */
export function promptOf({ endpoint, members, body }: ModelRequest): Prompt | undefined {
  const names = MEMBERS[endpoint]
  if (names === undefined) return undefined
  // What tools were called before they had a name.
  const tools = members.get('tools') === undefined ? 'functions' : 'tools'
  return {
    tools: endpoint === 'completions' ? undefined : pieceOf(members.get(tools), body[tools]),
    system: names.system === undefined ? undefined : pieceOf(members.get(names.system), body[names.system]),
    messages: pieceOf(members.get(names.messages), body[names.messages]),
  }
}

function pieceOf(member: Member | undefined, value: unknown): PromptPiece | undefined {
  return member && { start: member.valueStart, end: member.valueEnd, value }
}

/** All of the prompt is told: what the provider remembers of a response, a conversation or a stored prompt stands before it. */
export function isWhole({ endpoint, body }: ModelRequest): boolean {
  if (endpoint !== 'responses') return true
  return body.previous_response_id == null && body.conversation == null && body.prompt == null
}
