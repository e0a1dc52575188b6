/** Triton's generate extension, in front of a model that says its prompt's last line back, word by word. */
import type { ServerResponse } from 'node:http'
import { type Came, jsonReply, Refusal, type Reply } from './serve.ts'

interface Generate {
  text_input?: unknown
  parameters?: Readonly<Record<string, unknown>>
}

/** A prompt with this in it breaks off after a few words, as a backend does that fails under way. */
export const FAILS_UNDER_WAY = 'fail under way'

export function tell(verb: string, { bytes }: Came, response: ServerResponse): Reply | undefined {
  const { text_input: prompt, parameters = {} } = JSON.parse(bytes.toString()) as Generate
  if (typeof prompt !== 'string')
    throw new Refusal(
      400,
      "failed to parse the request JSON buffer: attempt to access non-existing object member 'text_input'",
    )
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value === 'object' && !Array.isArray(value))
      throw new Refusal(400, `parameter '${name}' has invalid type, expected a value`)
  }
  const words = wordsFor(prompt, Number(parameters.max_tokens ?? 100))
  if (verb === 'generate') return jsonReply({ ...named(), text_output: prompt + words.join('') })
  if (verb !== 'generate_stream') throw new Refusal(400, `unexpected ${verb}`)
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  const isFailing = prompt.includes(FAILS_UNDER_WAY)
  for (const word of isFailing ? words.slice(0, 2) : words)
    response.write(`data: ${JSON.stringify({ ...named(), sequence_end: false, text_output: word })}\n\n`)
  if (isFailing) response.write('data: {"error":"the backend ran out of memory"}\n\n')
  response.end()
  return undefined
}

function named() {
  return { model_name: 'teller', model_version: '1' }
}

function wordsFor(prompt: string, most: number): string[] {
  const said = prompt.trim().split('\n').at(-2) ?? prompt
  return said.split(/(?= )/).slice(0, most)
}
