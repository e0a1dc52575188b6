/** Embeddings that depend on their text alone, as floats or base64 of little-endian float32. */

type Body = Readonly<Record<string, unknown>>

/** The JSON answer of `/v1/embeddings`. */
export function embeddingsAnswer(body: Body): string {
  const inputs = inputsOf(body.input)
  const dimensions = typeof body.dimensions === 'number' ? body.dimensions : 8
  const data = inputs.map((text, index) => {
    const vector = embed(text, dimensions)
    const embedding = body.encoding_format === 'base64' ? toBase64(vector) : [...vector]
    return { object: 'embedding', index, embedding }
  })
  const tokens = embeddingTokens(body)
  const usage = { prompt_tokens: tokens, total_tokens: tokens }
  return JSON.stringify({ object: 'list', data, model: body.model, usage })
}

export function embeddingTokens(body: Body): number {
  return inputsOf(body.input).reduce((sum, text) => sum + Math.max(1, Math.ceil(text.length / 4)), 0)
}

/** A unit vector made from the text's characters. */
export function embed(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions)
  let state = 2166136261
  for (let index = 0; index < Math.max(text.length, dimensions); index++) {
    state = Math.imul(state ^ (text.charCodeAt(index % text.length) + index), 16777619)
    const slot = index % dimensions
    vector[slot] = (vector[slot] ?? 0) + (state >> 8) / 0x800000
  }
  const length = Math.hypot(...vector)
  return vector.map((value) => value / length)
}

/** One text, several, token ids, or several lists of token ids. */
function inputsOf(input: unknown): string[] {
  if (!Array.isArray(input)) return [String(input)]
  if (typeof input[0] === 'number') return [input.join(' ')]
  return input.map((one) => (Array.isArray(one) ? one.join(' ') : String(one)))
}

function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
}
