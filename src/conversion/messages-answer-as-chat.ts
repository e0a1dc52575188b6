/** A whole answer in Anthropic's words → the chat completion that says the same. */
import { isObject } from '../openai/is-object.ts'
import { assistantAsChat } from './assistant-as-chat.ts'
import type { Fields } from './converted.ts'
import { explanationOf, finishOfMessage } from './finish.ts'
import { serviceTierAsChat, usageAsChat } from './usage.ts'

export interface AnswerMoment {
  /** Unix time in seconds, which Anthropic's answers do not tell. */
  created: number
}

export function messagesAnswerAsChat(answer: Fields, { created }: AnswerMoment): Fields {
  const usage = isObject(answer.usage) ? answer.usage : {}
  const tier = serviceTierAsChat(usage)
  return {
    id: answer.id,
    object: 'chat.completion',
    created,
    model: answer.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          ...assistantAsChat(answer.content, 'answer'),
          refusal: explanationOf(answer) ?? null,
        },
        logprobs: null,
        ...finishOfMessage(answer),
      },
    ],
    usage: usageAsChat(usage),
    ...(tier === undefined ? {} : { service_tier: tier }),
  }
}
