/** Speech, transcriptions, images and moderations as OpenAI answers them, each a function of the request alone. */
import { event } from './chat-wire.ts'
import { type FormPart, fieldOf } from './read-form.ts'

type Body = Readonly<Record<string, unknown>>

/** What is heard in a file: it lasts a second for each thousand bytes. */
export function audioSeconds(file: Uint8Array): number {
  return Math.ceil(file.length / 1000)
}

export type MediaAnswer =
  | { kind: 'json'; value: object }
  | { kind: 'text'; text: string }
  | { kind: 'events'; events: readonly string[] }
  | { kind: 'bytes'; type: string; bytes: Uint8Array; location?: string }

const SPOKEN = 'The tide turns twice a day.'

/** Undefined where the form lacks what is needed. */
export function transcription(parts: readonly FormPart[]): MediaAnswer | undefined {
  const file = parts.find(({ name, filename }) => name === 'file' && filename !== undefined)
  const model = fieldOf(parts, 'model')
  if (file === undefined || model === undefined) return undefined
  const usage = transcriptionUsage(model, audioSeconds(file.bytes))
  const format = fieldOf(parts, 'response_format')
  if (fieldOf(parts, 'stream') === 'true') {
    const deltas = SPOKEN.split(' ').map((word) =>
      event({ type: 'transcript.text.delta', delta: `${word} ` }),
    )
    return {
      kind: 'events',
      events: [...deltas, event({ type: 'transcript.text.done', text: SPOKEN, usage })],
    }
  }
  if (format === 'text') return { kind: 'text', text: `${SPOKEN}\n` }
  if (format !== 'verbose_json') return { kind: 'json', value: { text: SPOKEN, usage } }
  const duration = file.bytes.length / 1000
  return {
    kind: 'json',
    value: { task: 'transcribe', language: 'english', duration, text: SPOKEN, segments: [] },
  }
}

function transcriptionUsage(model: string, seconds: number): object {
  if (model === 'whisper-1') return { type: 'duration', seconds }
  const input_token_details = { text_tokens: 4, audio_tokens: 10 * seconds }
  const input_tokens = 4 + 10 * seconds
  return {
    type: 'tokens',
    input_tokens,
    input_token_details,
    output_tokens: 9,
    total_tokens: input_tokens + 9,
  }
}

/** A thousand bytes a character, which are no text. */
export function speech(body: Body): MediaAnswer {
  const bytes = Buffer.alloc(1000 * String(body.input).length)
  for (let index = 0; index < bytes.length; index++) bytes[index] = (index * 7919) & 0xff
  return { kind: 'bytes', type: 'audio/mpeg', bytes }
}

export function images(body: Body): MediaAnswer {
  const count = typeof body.n === 'number' ? body.n : 1
  const b64_json = Buffer.alloc(4096, 7).toString('base64')
  const isCounted = String(body.model).startsWith('gpt-image')
  const usage = {
    input_tokens: 12,
    input_tokens_details: { text_tokens: 12, image_tokens: 0 },
    output_tokens: 272 * count,
    total_tokens: 12 + 272 * count,
  }
  if (body.stream === true) {
    const partial = { type: 'image_generation.partial_image', b64_json, partial_image_index: 0 }
    return {
      kind: 'events',
      events: [event(partial), event({ type: 'image_generation.completed', b64_json, usage })],
    }
  }
  const data = Array.from({ length: count }, () => ({ b64_json }))
  return { kind: 'json', value: { created: 1_700_000_000, data, ...(isCounted ? { usage } : {}) } }
}

export function moderation(body: Body): MediaAnswer {
  const inputs = Array.isArray(body.input) ? body.input : [body.input]
  const results = inputs.map((input) => ({
    flagged: String(input).includes('harm'),
    categories: {},
    category_scores: {},
  }))
  return { kind: 'json', value: { id: 'modr-mock', model: body.model ?? 'omni-moderation-latest', results } }
}
