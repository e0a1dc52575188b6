// The embedders that ship, as the program itself computes them.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')
const TABLE = path('../../models/static/static.bin')
const ENCODER = path('../../models/encoder/encoder.bin')

/** The static table, which retrieves. @throws where its weights are not in the tree */
export async function loadStatic() {
  const { StaticEmbedder, readStaticModel } = await bundled(['static-embedder', 'static-model'])
  return new StaticEmbedder(await readStaticModel(weights(TABLE), sha256, TABLE))
}

/** The small contextual encoder, in this thread. @throws where its weights are not in the tree */
export async function loadEncoder() {
  const modules = await bundled(['small-encoder', 'small-encoder-model', 'encoder-arithmetic'])
  const model = await modules.readEncoderModel(weights(ENCODER), sha256, ENCODER)
  return new modules.SmallEncoder(model, await modules.encoderArithmetic())
}

function weights(file) {
  if (!existsSync(file)) throw new Error(`${file} is not there: what ships is measured with its weights.`)
  return new Uint8Array(readFileSync(file))
}

async function bundled(names) {
  const { outputFiles } = await build({
    stdin: {
      contents: names
        .map((name) => `export * from ${JSON.stringify(path(`../../src/embedding/${name}.ts`))}`)
        .join('\n'),
      resolveDir: path('../..'),
    },
    bundle: true,
    format: 'esm',
    write: false,
  })
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`)
}
