/** What a whole answer says and how it ended, whichever endpoint and form it was recorded in. */
import { EventScanner } from './event-scanner.ts'
import { isObject } from './is-object.ts'
import { parseJson } from './parse-json.ts'

export interface ToldAnswer {
  /** Of the first choice, without reasoning. */
  text: string
  /** `stop`: whole and free. `other`: cut, filtered, or something else than text. */
  ended: 'stop' | 'other'
}

interface Recording {
  form: 'json' | 'stream'
  body: Uint8Array
}

const DECODER = new TextDecoder()

type Fields = Readonly<Record<string, unknown>>

/** Undefined where the bytes hold no such answer. */
export function toldAnswer({ form, body }: Recording, endpoint: string): ToldAnswer | undefined {
  const objects =
    form === 'json'
      ? [parseJson(DECODER.decode(body))]
      : new EventScanner().push(body).map(({ data }) => parseJson(data ?? ''))
  const told = { text: '', ended: undefined as ToldAnswer['ended'] | undefined }
  const read = endpoint === 'messages' ? readMessages : endpoint === 'responses' ? readResponse : readChat
  for (const object of objects) if (isObject(object)) read(object, told)
  return told.ended === undefined ? undefined : { text: told.text, ended: told.ended }
}

interface Telling {
  text: string
  ended: ToldAnswer['ended'] | undefined
}

function readChat({ choices }: Fields, told: Telling): void {
  const choice = Array.isArray(choices) ? choices[0] : undefined
  if (!isObject(choice) || (choice.index !== undefined && choice.index !== 0)) return
  const part = isObject(choice.delta) ? choice.delta : choice.message
  if (isObject(part)) {
    if (typeof part.content === 'string') told.text += part.content
    if (part.refusal || part.tool_calls || part.function_call || part.audio) told.ended = 'other'
  }
  if (typeof choice.finish_reason === 'string')
    told.ended ??= choice.finish_reason === 'stop' ? 'stop' : 'other'
}

/** Events end with the whole response. */
function readResponse(object: Fields, told: Telling): void {
  const response = isObject(object.response) ? object.response : object
  if (!Array.isArray(response.output) || typeof response.status !== 'string') return
  if (response.status === 'in_progress' || response.status === 'queued') return
  const items = response.output.filter(isObject)
  const contents = items.flatMap(({ content }) => (Array.isArray(content) ? content.filter(isObject) : []))
  const isText = items.every(({ type }) => type === 'message' || type === 'reasoning')
  const isPlain = contents.every(({ type }) => type === 'output_text')
  told.text = contents.map(({ text }) => (typeof text === 'string' ? text : '')).join('')
  told.ended = response.status === 'completed' && isText && isPlain ? 'stop' : 'other'
}

function readMessages(object: Fields, told: Telling): void {
  if (Array.isArray(object.content)) {
    for (const block of object.content.filter(isObject)) readBlock(block, told)
    endMessages(object.stop_reason, told)
  }
  if (isObject(object.content_block)) readBlock(object.content_block, told)
  if (isObject(object.delta)) {
    if (object.delta.type === 'text_delta') told.text += String(object.delta.text)
    endMessages(object.delta.stop_reason, told)
  }
}

function readBlock({ type, text }: Fields, told: Telling): void {
  if (type === 'text' && typeof text === 'string') told.text += text
  else if (type !== 'thinking' && type !== 'redacted_thinking') told.ended = 'other'
}

function endMessages(reason: unknown, told: Telling): void {
  if (typeof reason === 'string')
    told.ended ??= reason === 'end_turn' || reason === 'stop_sequence' ? 'stop' : 'other'
}
