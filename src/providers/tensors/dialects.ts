/** The dialects of tensors by the names that configuration has for them. */
import type { TensorDialect } from './dialect.ts'
import { KSERVE } from './dialects/kserve.ts'
import { TEI } from './dialects/tei.ts'
import { TENSORFLOW_SERVING } from './dialects/tensorflow-serving.ts'
import { VERTEX } from './dialects/vertex.ts'
import type { TensorDialectName } from './served-model.ts'

export const DIALECTS: Readonly<Record<TensorDialectName, TensorDialect>> = {
  kserve: KSERVE,
  'tensorflow-serving': TENSORFLOW_SERVING,
  tei: TEI,
  vertex: VERTEX,
}
