/** What the user says in a request, whichever API it came by, and how often the user has spoken. */
import { isObject } from '../openai/is-object.ts'

type Body = Readonly<Record<string, unknown>>

/**
 * The text of the user's latest turn that has any: results of tools behind it are no words of the user. Empty where there is
 * none, as in a request that only embeds.
 */
export function lastSaid(body: Body): string {
  const turns = body.messages ?? body.input ?? body.prompt
  if (typeof turns === 'string') return turns
  if (!Array.isArray(turns)) return ''
  for (let at = turns.length - 1; at >= 0; at--) {
    const text = saidIn(turns[at])
    if (text !== '') return text
  }
  return ''
}

/** How many turns of the user have text, this one included. */
export function turnsSaid(body: Body): number {
  const turns = body.messages ?? body.input ?? body.prompt
  if (typeof turns === 'string') return 1
  if (!Array.isArray(turns)) return 0
  let count = 0
  for (const turn of turns) if (saidIn(turn) !== '') count++
  return count
}

function saidIn(turn: unknown): string {
  if (!isObject(turn) || turn.role !== 'user') return ''
  const { content } = turn
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  let text = ''
  for (const part of content) {
    if (isObject(part) && typeof part.text === 'string')
      text = text === '' ? part.text : `${text}\n${part.text}`
  }
  return text
}
