/** A whole chat answer → the response object that OpenAI's Responses API would have given. */
import { isObject } from '../openai/is-object.ts'
import { responseObject } from '../openai/responses/response-object.ts'
import { usageBlock } from '../openai/usage-block.ts'
import { logprobsOf, textPieces } from './chat-pieces.ts'
import { chatUsageAsResponses } from './chat-usage-as-responses.ts'
import { asksForSummary, endOf, idBaseOf, serviceTierIn, textIn } from './response-facts-of-chat.ts'
import { ResponseOutput } from './response-output.ts'

type Fields = Record<string, unknown>

/**
 * Of several choices the first one counts: the Responses API knows no others.
 * @param request the caller's body, of which a response echoes most
 * @param options `created`: Unix time in seconds
 */
export function chatAnswerAsResponse(
  answer: Readonly<Fields>,
  request: Readonly<Fields>,
  { created }: { created: number },
): Fields {
  const idBase = idBaseOf(answer.id, String(created))
  const choice = firstChoice(answer.choices)
  const { status, incompleteReason } = endOf(choice.finish_reason)
  const output = new ResponseOutput({ idBase, reasoningAsSummary: asksForSummary(request), emit: unheard })
  say(output, choice)
  output.end(status)
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

function say(output: ResponseOutput, choice: Readonly<Fields>): void {
  const message = isObject(choice.message) ? choice.message : {}
  let logprobs: readonly unknown[] = logprobsOf(choice)
  for (const piece of textPieces(message)) {
    output.text(piece, piece.kind === 'text' ? logprobs : [])
    if (piece.kind === 'text') logprobs = []
  }
  if (!Array.isArray(message.tool_calls)) return
  message.tool_calls.filter(isObject).forEach((call, index) => {
    output.call({ ...call, index })
  })
}

function firstChoice(choices: unknown): Fields {
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  return isObject(choice) ? choice : {}
}

/** A whole answer has no events. */
function unheard(): void {}
