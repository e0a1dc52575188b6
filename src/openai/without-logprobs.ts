/** Takes the probabilities of tokens out of an answer whose caller did not ask for them, and leaves all other bytes. */
import { type Splice, splice } from './body-splice.ts'
import { isObject } from './is-object.ts'
import { parseObject } from './parse-json.ts'
import { scanObjectAt } from './scan-members.ts'

const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b
const COMMA = 0x2c

/**
 * An answer of chat, or the data of one event of its stream: each choice's `logprobs` become `null`, as OpenAI says it where
 * nobody asked. Unchanged where there are none, or where it is no JSON object.
 */
export function withoutLogprobs(bytes: Uint8Array): Uint8Array {
  try {
    const splices = splicesOf(bytes)
    return splices.length === 0 ? bytes : splice(bytes, splices)
  } catch {
    // Deeper than is scanned: written anew.
    return rewritten(bytes)
  }
}

function splicesOf(bytes: Uint8Array): Splice[] {
  const start = bytes.indexOf(OPEN_BRACE)
  if (start === -1) return []
  const splices: Splice[] = []
  for (const { name, valueStart } of scanObjectAt(bytes, start)) {
    if (name !== 'choices' || bytes[valueStart] !== OPEN_BRACKET) continue
    let at = afterSpace(bytes, valueStart + 1)
    while (bytes[at] === OPEN_BRACE) {
      const members = scanObjectAt(bytes, at)
      for (const member of members) {
        if (member.name === 'logprobs')
          splices.push({ start: member.valueStart, end: member.valueEnd, text: 'null' })
      }
      // Past the brace that closes the choice.
      at = afterSpace(bytes, afterSpace(bytes, members.at(-1)?.valueEnd ?? at + 1) + 1)
      if (bytes[at] !== COMMA) break
      at = afterSpace(bytes, at + 1)
    }
  }
  return splices
}

function rewritten(bytes: Uint8Array): Uint8Array {
  const answer = parseObject(new TextDecoder().decode(bytes))
  if (answer === undefined || !Array.isArray(answer.choices)) return bytes
  for (const choice of answer.choices) if (isObject(choice)) choice.logprobs = null
  return new TextEncoder().encode(JSON.stringify(answer))
}

function afterSpace(bytes: Uint8Array, start: number): number {
  let at = start
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return at
}
