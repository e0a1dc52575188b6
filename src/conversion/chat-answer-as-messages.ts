/** A whole chat completion → the message that says the same in Anthropic's words. */
import { isObject } from '../openai/is-object.ts'
import { blocksOfAssistant, unsignedThinking } from './assistant-blocks.ts'
import type { Fields } from './converted.ts'
import { stopOfChoice } from './finish.ts'
import { usageAsMessages } from './usage.ts'

/** Of several choices the first is told: a request in Anthropic's words asks for one. */
export function chatAnswerAsMessages(answer: Fields): Fields {
  const first: unknown = Array.isArray(answer.choices) ? answer.choices[0] : undefined
  const choice = isObject(first) ? first : {}
  const message = isObject(choice.message) ? choice.message : {}
  const thinking = unsignedThinking(message)
  const blocks = blocksOfAssistant(message)
  return {
    id: answer.id,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content: thinking === undefined ? blocks : [thinking, ...blocks],
    ...stopOfChoice(choice, message.refusal),
    usage: usageAsMessages(isObject(answer.usage) ? answer.usage : {}, answer.service_tier),
  }
}
