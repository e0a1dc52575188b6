/** Hugging Face's Text Embeddings Inference, by its own paths. */
import {
  classifyRequest,
  embedRequest,
  rerankRequest,
  type TeiPath,
  teiAnswer,
} from '../../../tensors/tei.ts'
import { headerValue } from '../../transport.ts'
import type { TensorDialect } from '../dialect.ts'
import type { Row } from '../row.ts'
import type { ServedModel } from '../served-model.ts'

const OUTPUTS: Readonly<Partial<Record<ServedModel['serves'], readonly string[]>>> = {
  embeddings: ['embedding'],
  rerank: ['score'],
  moderations: ['labels', 'scores'],
}

export const TEI: TensorDialect = {
  ask(model, rows) {
    const path = pathFor(model)
    return { path, headers: ['content-type', 'application/json'], body: bodyFor(path, rows) }
  },
  read(model, { headers, body }) {
    const tokens = Number(headerValue(headers, 'x-compute-tokens'))
    return { tensors: teiAnswer(pathFor(model), body), tokens: tokens > 0 ? tokens : undefined }
  },
  usualOutputs: ({ serves }) => new Map((OUTPUTS[serves] ?? []).map((name) => [name, name])),
  shared: ({ query }) => String(query ?? ''),
}

function pathFor({ serves }: Pick<ServedModel, 'serves'>): TeiPath {
  if (serves === 'rerank') return '/rerank'
  return serves === 'moderations' ? '/predict' : '/embed'
}

function bodyFor(path: TeiPath, rows: readonly Row[]): Uint8Array {
  if (path === '/rerank') return rerankRequest(String(rows[0]?.query), texts(rows, 'document'))
  return path === '/predict' ? classifyRequest(texts(rows, 'text')) : embedRequest(texts(rows, 'text'))
}

function texts(rows: readonly Row[], name: string): string[] {
  return rows.map((row) => String(row[name]))
}
