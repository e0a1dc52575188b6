/** Servers that answer as Hugging Face's Text Embeddings Inference does, for each kind of model that it runs. */
import { LABELS, POISON, scoreOf, scoresOf, vectorOf } from './models.ts'
import { jsonReply, Refusal, type Served, serve } from './serve.ts'

/** TEI's default. */
const MOST_TEXTS = 32

type Kind = 'embedding' | 'reranker' | 'classifier'

export async function startTei(kind: Kind): Promise<Served> {
  return serve(
    ({ path, bytes }) => {
      if (path === '/health') return { status: 200, body: '' }
      if (path === '/info') return jsonReply({ model_id: 'BAAI/bge', max_client_batch_size: MOST_TEXTS })
      const body = JSON.parse(bytes.toString()) as Record<string, unknown>
      if (path === '/embed' && kind === 'embedding') {
        const texts = textsIn(body.inputs)
        return jsonReply(texts.map(vectorOf), counted(texts))
      }
      if (path === '/rerank' && kind === 'reranker') {
        const texts = textsIn(body.texts)
        const ranks = texts.map((text, index) => ({ index, score: scoreOf(String(body.query), text) }))
        return jsonReply(
          ranks.sort((one, other) => other.score - one.score),
          counted(texts),
        )
      }
      if (path === '/predict' && kind === 'classifier') {
        const texts = textsIn(Array.isArray(body.inputs) ? body.inputs.flat() : undefined)
        return jsonReply(texts.map(classesOf), counted(texts))
      }
      throw new Refusal(424, `model is not a ${path.slice(1)} model`)
    },
    ({ status, message }) =>
      JSON.stringify({ error: message, error_type: status === 413 ? 'Validation' : 'Backend' }),
  )
}

function textsIn(texts: unknown): string[] {
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string'))
    throw new Refusal(422, 'Failed to deserialize the JSON body into the target type')
  if (texts.length > MOST_TEXTS)
    throw new Refusal(413, `batch size ${texts.length} > maximum allowed batch size ${MOST_TEXTS}`)
  if (texts.includes('')) throw new Refusal(413, '`inputs` cannot be empty')
  if (texts.some((text) => text.includes(POISON)))
    throw new Refusal(424, 'DriverError(CUDA_ERROR_ILLEGAL_ADDRESS)')
  return texts
}

function classesOf(text: string) {
  const classes = LABELS.map((label, index) => ({ score: scoresOf(text)[index] ?? 0, label }))
  return classes.sort((one, other) => other.score - one.score)
}

function counted(texts: readonly string[]): Record<string, string> {
  const tokens = texts.reduce((sum, text) => sum + text.split(' ').length, 0)
  return { 'x-compute-tokens': String(tokens), 'x-compute-type': 'cpu' }
}
