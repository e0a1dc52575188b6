/** Which requests documents may answer: one plain question, with nothing said before it and nothing else to do. */
import { whyNotPlain } from '../../cache/semantic/eligibility.ts'
import { lastUserText } from '../../cache/semantic/last-user-text.ts'
import type { CallerRequest } from '../../openai/passed-request.ts'
import { roleOf } from '../../openai/turns-of.ts'

export type DocumentsQuestion = { text: string } | { reason: string }

/** Beyond it nobody asks a plain question. */
const MOST_CHARACTERS = 1000

const WORDS: Readonly<Record<string, string>> = {
  tools: 'it works with tools',
  media: 'it holds more than text, or asks for it',
  'structured-output': 'it asks for a form of its own',
  'several-answers': 'it asks for several answers',
  logprobs: "it asks for more than a model's words",
  continued: 'it goes on with something that a provider keeps',
  stored: 'it runs in the background',
}

export function documentsQuestion(request: CallerRequest): DocumentsQuestion {
  const { endpoint, body, passed } = request
  if (
    passed !== undefined ||
    (endpoint !== 'chat/completions' && endpoint !== 'responses' && endpoint !== 'messages')
  )
    return { reason: `documents answer no ${endpoint}` }
  const reason = whyNotPlain(request)
  if (reason !== undefined) return { reason: WORDS[reason] ?? reason }
  const turns = endpoint === 'responses' ? body.input : body.messages
  if (Array.isArray(turns) && turns.filter(isConversation).length !== 1)
    return { reason: 'it goes on with a conversation' }
  const text = lastUserText(request)?.text.trim() ?? ''
  if (text === '') return { reason: 'it ends with no question' }
  return text.length > MOST_CHARACTERS ? { reason: 'it is too long for a plain question' } : { text }
}

/** A turn of either side; what operators write ahead is none. */
function isConversation(turn: unknown): boolean {
  return roleOf(turn) !== 'system'
}
