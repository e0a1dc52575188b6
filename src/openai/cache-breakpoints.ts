/** Prompt caches of OpenAI's API: what its models take, and where `prompt_cache_breakpoint` may stand in a request. */
import { isObject } from './is-object.ts'
import { atEndOfMember, type ContentWords, type MarkedPart, type MarkPlace } from './mark-place.ts'
import type { ModelRequest } from './model-request.ts'
import { newestAndEarlier, type PromptHead } from './prompt-head.ts'
import { anyMarked } from './prompt-marks.ts'
import type { PlacedMessage } from './turns-of.ts'

type Fields = Readonly<Record<string, unknown>>

/** Shorter prompts are not kept, whatever the model. */
export const MINIMUM_TOKENS = 1024

/** Whether the caller has said anything of breakpoints: then all of them are the caller's. */
export function hasBreakpoints({ prompt_cache_options: options, messages, input }: Fields): boolean {
  return options != null || [messages, input].some((list) => anyMarked(list, 'prompt_cache_breakpoint'))
}

/** In the order of the prompt. The end of the tools and `instructions` cannot be marked. */
export function breakpointPlaces(
  { endpoint, bytes }: ModelRequest,
  { headBytes, system, turns }: PromptHead,
): readonly MarkPlace[] {
  const words = endpoint === 'responses' ? RESPONSES : CHAT
  const places: MarkPlace[] = []
  const begin = turns[0]?.start ?? 0
  const { newest, earlier } = newestAndEarlier(turns)
  const add = (part: MarkedPart, prefixBytes: number, placed: PlacedMessage | undefined): void => {
    const splices = placed && markerOf(bytes, placed, words)
    if (splices !== undefined) places.push({ part, prefixBytes, splices })
  }
  add('system', headBytes, system.at(-1))
  if (earlier !== undefined) add('earlier turn', headBytes + earlier.end - begin, earlier)
  if (newest !== undefined) add('newest turn', headBytes + newest.end - begin, newest)
  return places
}

const CHAT: ContentWords = {
  textType: 'text',
  isMarkable: ({ type }) =>
    type === 'text' || type === 'image_url' || type === 'input_audio' || type === 'file',
}

const RESPONSES: ContentWords = {
  textType: 'input_text',
  isMarkable: ({ type }) => type === 'input_text' || type === 'input_image' || type === 'input_file',
}

/** A function's result stands in `output`, every other content in `content`. */
function markerOf(bytes: Uint8Array, { start, message }: PlacedMessage, words: ContentWords) {
  if (!isObject(message) || message.role === 'function') return undefined
  const name = message.type === 'function_call_output' ? 'output' : 'content'
  return atEndOfMember(bytes, start, message, name, words)
}
