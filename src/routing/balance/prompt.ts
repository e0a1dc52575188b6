/** The parts of a request that a model reads first to last, as far as a prefix cache is concerned. */
import type { CallerRequest } from '../../openai/passed-request.ts'

/** A prompt in the order in which servers put it together: tools, what is said ahead of the conversation, its turns. */
export interface Prompt {
  /** As they came: tools are long, many, and the same from one request to the next. */
  tools: Uint8Array | undefined
  /** System text or instructions, where they are no turn. */
  system: unknown
  turns: readonly unknown[]
}

/** Undefined where nothing of a request could be in a prefix cache. */
export function promptOf(request: CallerRequest): Prompt | undefined {
  if (request.passed !== undefined) return undefined
  const { body } = request
  switch (request.endpoint) {
    case 'chat/completions':
      return { tools: toolsOf(request, body.functions), system: undefined, turns: turnsOf(body.messages) }
    case 'messages':
      return { tools: toolsOf(request, undefined), system: body.system, turns: turnsOf(body.messages) }
    case 'responses':
      // What an earlier response holds is with the account that made it, which pins the request.
      return { tools: toolsOf(request, undefined), system: body.instructions, turns: turnsOf(body.input) }
    case 'completions':
      return { tools: undefined, system: undefined, turns: turnsOf(body.prompt) }
    case 'embeddings':
      return undefined
  }
}

function turnsOf(turns: unknown): readonly unknown[] {
  return Array.isArray(turns) ? turns : [turns]
}

function toolsOf({ members, bytes }: CallerRequest, functions: unknown): Uint8Array | undefined {
  const member = members.get(functions === undefined ? 'tools' : 'functions')
  return member && bytes.subarray(member.valueStart, member.valueEnd)
}
