/** A whole chat answer → the response object that OpenAI's Responses API would have given. */
import { isObject } from '../openai/is-object.ts'
import { responseObject } from '../openai/responses/response-object.ts'
import { usageBlock } from '../openai/usage-block.ts'
import { logprobsOf } from './chat-pieces.ts'
import { chatUsageAsResponses } from './chat-usage-as-responses.ts'
import { freeformNames } from './freeform-tool.ts'
import { asksForSummary, endOf, idBaseOf, serviceTierIn, textIn } from './response-facts-of-chat.ts'
import { ResponseOutput } from './response-output.ts'
import type { ToldItems } from './told-items.ts'

type Fields = Record<string, unknown>

/**
 * Of several choices the first one counts: the Responses API knows no others.
 * @param request the caller's body, of which a response echoes most
 * @param options `created`: Unix time in seconds; `keep`: told of the output's items
 */
export function chatAnswerAsResponse(
  answer: Readonly<Fields>,
  request: Readonly<Fields>,
  { created, keep }: { created: number; keep?: ToldItems['remember'] | undefined },
): Fields {
  const idBase = idBaseOf(answer.id, String(created))
  const choice = firstChoice(answer.choices)
  const { status, incompleteReason } = endOf(choice.finish_reason)
  const output = new ResponseOutput({
    idBase,
    reasoningAsSummary: asksForSummary(request),
    freeform: freeformNames(request.tools),
    emit: unheard,
  })
  output.say(messageOf(choice), logprobsOf(choice))
  output.end(status)
  keep?.(output.items)
  return responseObject(request, {
    id: `resp_${idBase}`,
    createdAt: created,
    model: textIn(answer, 'model'),
    status,
    incompleteReason,
    output: output.items,
    usage: chatUsageAsResponses(usageBlock(answer)),
    serviceTier: serviceTierIn(answer),
  })
}

/** Calls of a whole answer are told apart by their place. */
function messageOf(choice: Readonly<Fields>): Fields {
  const message = isObject(choice.message) ? choice.message : {}
  if (!Array.isArray(message.tool_calls)) return message
  return {
    ...message,
    tool_calls: message.tool_calls.filter(isObject).map((call, index) => ({ ...call, index })),
  }
}

function firstChoice(choices: unknown): Fields {
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  return isObject(choice) ? choice : {}
}

/** A whole answer has no events. */
function unheard(): void {}
