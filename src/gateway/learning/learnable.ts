/** Which requests learning may decide about: those that another model can be asked as well, and whose answers can be compared. */
import { lastUserText } from '../../cache/semantic/last-user-text.ts'
import { isFilled } from '../../openai/is-filled.ts'
import { isObject } from '../../openai/is-object.ts'
import type { ModelRequest } from '../../openai/model-request.ts'
import type { CallerRequest } from '../../openai/passed-request.ts'
import { isAnswerStored } from '../../openai/stored-answer.ts'
import type { Facts, LearnedDifficulty } from '../../routing/facts.ts'
import type { LearnText } from '../../routing/learn/label-features.ts'
import type { LearnPolicy } from '../../routing/learn/learn-policy.ts'
import type { Begin } from '../../routing/learn/learned-tiers.ts'
import type { Learning } from '../../routing/learn/learning.ts'

type Known = Pick<Facts, 'tokens' | 'media'>

/** What it asks, or half a sentence why not. */
function learnable(request: CallerRequest, facts: Known): LearnText | string {
  if (!tellsText(request)) return 'its endpoint tells no answers to compare'
  const { body } = request
  if (isFilled(body.tools) || isFilled(body.functions) || isFilled(body.mcp_servers))
    return 'tools are in play'
  if (typeof body.n === 'number' && body.n > 1) return 'it asks for several answers'
  if (body.background === true || isAnswerStored(request)) return 'its provider keeps the answer'
  if (body.previous_response_id || body.conversation || body.prompt)
    return 'it goes on with what its provider keeps'
  if (facts.media.kinds.length > 0) return 'it holds more than text'
  const turns = body.messages ?? body.input
  if (Array.isArray(turns) && turns.some(isOfTools)) return 'tools are in play'
  const last = lastUserText(request)
  if (last === undefined) return 'it does not end in a text of the user'
  return { text: last.text, tokens: facts.tokens, turns: Array.isArray(turns) ? turns.length : 1 }
}

/** Whether its endpoint tells answers that can be compared at all. */
export function tellsText(request: CallerRequest): request is ModelRequest {
  if (request.passed !== undefined) return false
  const { endpoint } = request
  return endpoint === 'chat/completions' || endpoint === 'responses' || endpoint === 'messages'
}

/** Where such a request begins; undefined where nothing is learned. */
export function beginningOf(
  request: CallerRequest,
  facts: Facts,
  policy: LearnPolicy | undefined,
  learning: Learning | undefined,
): Begin | undefined {
  if (policy === undefined || learning === undefined) return undefined
  return (scope) => {
    const asked = learnable(request, facts)
    if (typeof asked === 'string') return { beginning: { at: 'large', reason: asked }, asked: undefined }
    return { beginning: learning.begin(scope, policy, asked), asked }
  }
}

/** How hard a request is by what its workflow taught; undefined where nothing is learned. */
export function learnedDifficulty(
  request: CallerRequest,
  workflow: string,
  learning: Learning | undefined,
): ((facts: Known) => LearnedDifficulty | undefined) | undefined {
  if (learning === undefined) return undefined
  return (facts) => {
    const asked = learnable(request, facts)
    return typeof asked === 'string' ? undefined : learning.difficultyOf(workflow, asked)
  }
}

function isOfTools(turn: unknown): boolean {
  if (!isObject(turn)) return false
  if (turn.role === 'tool' || turn.role === 'function' || isFilled(turn.tool_calls)) return true
  if (typeof turn.type === 'string' && turn.type !== 'message') return true
  return Array.isArray(turn.content) && turn.content.some(isPartOfTools)
}

function isPartOfTools(part: unknown): boolean {
  return isObject(part) && typeof part.type === 'string' && /tool_|search_result/.test(part.type)
}
