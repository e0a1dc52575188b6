/** The beginning of a prompt as the bytes that its caller sent, in the order in which models are shown them. */
import type { Member, ModelRequest } from '../../openai/model-request.ts'

/** Of tools, of what tells the model who it is, and of the conversation. */
export const CUT_PARTS = ['tools', 'system', 'messages'] as const

export type CutPart = (typeof CUT_PARTS)[number]

export interface PromptCut {
  /** JSON values one behind the other; the last may be cut. */
  bytes: Uint8Array
  /** Of each value: its place in CUT_PARTS, and how many bytes of it are there. */
  values: readonly number[]
  /** Of all values, whole. */
  wholeBytes: number
}

/** So much of each prompt is compared: about sixteen thousand tokens of prose. */
const MOST_CUT_BYTES = 64 * 1024

const MEMBERS: readonly (readonly [part: number, name: string])[] = [
  [CUT_PARTS.indexOf('tools'), 'tools'],
  [CUT_PARTS.indexOf('tools'), 'functions'],
  [CUT_PARTS.indexOf('system'), 'system'],
  [CUT_PARTS.indexOf('system'), 'instructions'],
  [CUT_PARTS.indexOf('messages'), 'messages'],
  [CUT_PARTS.indexOf('messages'), 'input'],
  [CUT_PARTS.indexOf('messages'), 'prompt'],
]

/** A copy, so that the request can go; undefined where a provider keeps a part of the prompt, or there is none. */
export function cutPrompt({ bytes, members, body }: ModelRequest): PromptCut | undefined {
  if (body.previous_response_id != null || body.conversation != null) return undefined
  const found: (readonly [part: number, member: Member])[] = []
  let wholeBytes = 0
  for (const [part, name] of MEMBERS) {
    const member = members.get(name)
    if (member === undefined) continue
    found.push([part, member])
    wholeBytes += member.valueEnd - member.valueStart
  }
  if (wholeBytes === 0) return undefined
  const cut = new Uint8Array(Math.min(wholeBytes, MOST_CUT_BYTES))
  const values: number[] = []
  let at = 0
  for (const [part, { valueStart, valueEnd }] of found) {
    const length = Math.min(valueEnd - valueStart, cut.length - at)
    if (length === 0) break
    cut.set(bytes.subarray(valueStart, valueStart + length), at)
    values.push(part, length)
    at += length
  }
  return { bytes: cut, values, wholeBytes }
}
