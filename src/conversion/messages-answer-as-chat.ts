/** A whole answer in Anthropic's words → the chat completion that says the same. */
import { isObject } from '../openai/is-object.ts'
import { assistantAsChat } from './assistant-as-chat.ts'
import type { Fields } from './converted.ts'
import { explanationOf, finishOfMessage } from './finish.ts'
import { FreeformInput } from './freeform-input.ts'
import { serviceTierAsChat, usageAsChat } from './usage.ts'

export interface AnswerMoment {
  /** Unix time in seconds, which Anthropic's answers do not tell. */
  created: number
  /** Names of the custom tools that Anthropic was told of as functions. */
  freeform: ReadonlySet<string>
}

export function messagesAnswerAsChat(answer: Fields, { created, freeform }: AnswerMoment): Fields {
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
          ...withFreeformCalls(assistantAsChat(answer.content, 'answer'), freeform),
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

function withFreeformCalls(message: Fields, freeform: ReadonlySet<string>): Fields {
  if (freeform.size === 0 || !Array.isArray(message.tool_calls)) return message
  return { ...message, tool_calls: message.tool_calls.map((call) => freeformCall(call, freeform)) }
}

function freeformCall(call: Fields, freeform: ReadonlySet<string>): Fields {
  const { function: called, ...rest } = call
  if (!isObject(called) || typeof called.name !== 'string' || !freeform.has(called.name)) return call
  const input = new FreeformInput()
  const text = input.push(String(called.arguments)) + input.end()
  return { ...rest, type: 'custom', custom: { name: called.name, input: text } }
}
