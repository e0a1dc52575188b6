/** A chat as one text, for models that take nothing else. */
import { isObject } from '../../../openai/is-object.ts'
import { Refused } from '../refused.ts'
import type { PromptTemplate } from '../served-model.ts'

const ROLES: Readonly<Record<string, keyof PromptTemplate['turns']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
}

/** Where none is declared: who speaks, and what. */
const PLAIN: PromptTemplate = {
  turns: { system: '{content}\n\n', user: 'User: {content}\n', assistant: 'Assistant: {content}\n' },
  start: 'Assistant:',
  stop: ['\nUser:'],
}

/** @throws Refused for what cannot be said as text */
export function promptOf(
  messages: unknown,
  template: PromptTemplate = PLAIN,
): { prompt: string; stop: readonly string[] } {
  if (!Array.isArray(messages) || messages.length === 0)
    throw new Refused(400, 'messages must be a list that is not empty.', { param: 'messages' })
  const turns = messages.map((message: unknown, index) => turnOf(message, `messages[${index}]`, template))
  return { prompt: turns.join('') + template.start, stop: template.stop }
}

function turnOf(message: unknown, param: string, { turns }: PromptTemplate): string {
  const role = isObject(message) ? ROLES[String(message.role)] : undefined
  if (!isObject(message) || role === undefined || message.tool_calls !== undefined)
    throw new Refused(
      400,
      `${param} must be of the system, the user or the assistant, without calls of tools: this model takes plain text.`,
      { param },
    )
  // A function, because `$&` in a content stands for itself.
  return turns[role].replace('{content}', () => contentOf(message.content, `${param}.content`))
}

function contentOf(content: unknown, param: string): string {
  if (typeof content === 'string') return content
  const parts = Array.isArray(content) ? content : []
  const texts = parts.map((part: unknown) => (isObject(part) && part.type === 'text' ? part.text : undefined))
  if (texts.length > 0 && texts.every((text) => typeof text === 'string')) return texts.join('\n')
  throw new Refused(400, `${param} must be text: this model takes nothing else.`, { param })
}
