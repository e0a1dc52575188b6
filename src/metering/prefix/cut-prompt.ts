/** The beginning of a prompt as the bytes that its caller sent, in the order in which models are shown them. */
import type { ModelRequest } from '../../openai/model-request.ts'
import { isWhole, PROMPT_PARTS, promptOf } from '../../openai/prompt.ts'

export interface PromptCut {
  /** JSON values one behind the other; the last may be cut. */
  bytes: Uint8Array
  /** Of each value: its place in PROMPT_PARTS, and how many bytes of it are there. */
  values: readonly number[]
  /** Of all values, whole. */
  wholeBytes: number
}

/** So much of each prompt is compared: about sixteen thousand tokens of prose. */
const MOST_CUT_BYTES = 64 * 1024

/** A copy, so that the request can go; undefined where a provider keeps a part of the prompt, or there is none. */
export function cutPrompt(request: ModelRequest): PromptCut | undefined {
  const prompt = isWhole(request) ? promptOf(request) : undefined
  if (prompt === undefined) return undefined
  let wholeBytes = 0
  for (const part of PROMPT_PARTS) {
    const piece = prompt[part]
    if (piece !== undefined) wholeBytes += piece.end - piece.start
  }
  if (wholeBytes === 0) return undefined
  const cut = new Uint8Array(Math.min(wholeBytes, MOST_CUT_BYTES))
  const values: number[] = []
  let at = 0
  for (const [place, part] of PROMPT_PARTS.entries()) {
    const piece = prompt[part]
    if (piece === undefined || at === cut.length) continue
    const length = Math.min(piece.end - piece.start, cut.length - at)
    cut.set(request.bytes.subarray(piece.start, piece.start + length), at)
    values.push(place, length)
    at += length
  }
  return { bytes: cut, values, wholeBytes }
}
