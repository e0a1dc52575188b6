/** Simulated embeddings: unit vectors that follow from the text alone. */
import { countWords, digestOf, seriesFrom } from './sandbox-digest.ts'

const DEFAULT_DIMENSIONS = 256

/** An answer in OpenAI's shape, or in one sentence what is wrong with the request. */
export function embeddingAnswer(body: Readonly<Record<string, unknown>>): object | string {
  const inputs = readInputs(body.input)
  if (inputs === undefined) return 'input must be a text, a list of texts, or lists of token numbers.'
  const dimensions = body.dimensions ?? DEFAULT_DIMENSIONS
  if (!Number.isInteger(dimensions) || Number(dimensions) < 1 || Number(dimensions) > 4096) {
    return 'dimensions must be a whole number from 1 to 4096.'
  }
  const asBase64 = body.encoding_format === 'base64'
  const tokens = inputs.reduce((sum, input) => sum + Math.max(1, countWords(input)), 0)
  return {
    object: 'list',
    data: inputs.map((input, index) => {
      const vector = vectorOf(input, Number(dimensions))
      return { object: 'embedding', index, embedding: asBase64 ? base64(vector) : [...vector] }
    }),
    model: typeof body.model === 'string' ? body.model : 'sandbox-embedding',
    usage: { prompt_tokens: tokens, total_tokens: tokens },
    system_fingerprint: 'trimtab-sandbox',
  }
}

/** Each input as text; token numbers are joined, so that a token counts as a word. */
function readInputs(input: unknown): string[] | undefined {
  if (typeof input === 'string') return [input]
  if (!Array.isArray(input) || input.length === 0) return undefined
  if (input.every((item) => typeof item === 'number')) return [input.join(' ')]
  const texts = input.map((item: unknown) => (Array.isArray(item) ? item.join(' ') : item))
  return texts.every((text) => typeof text === 'string') ? texts : undefined
}

function vectorOf(text: string, dimensions: number): Float32Array {
  const random = seriesFrom(digestOf(text))
  const vector = new Float32Array(dimensions)
  let squares = 0
  for (let index = 0; index < dimensions; index++) {
    const value = random() * 2 - 1
    vector[index] = value
    squares += value * value
  }
  const norm = Math.sqrt(squares)
  return vector.map((value) => value / norm)
}

/** Little-endian 32-bit floats, as OpenAI sends them. */
function base64(vector: Float32Array): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4))
  vector.forEach((value, index) => {
    view.setFloat32(index * 4, value, true)
  })
  let binary = ''
  for (const byte of new Uint8Array(view.buffer)) binary += String.fromCharCode(byte)
  return btoa(binary)
}
