// The embedder that ships, where its weights are in the tree.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const weights = path('../../models/static/static.bin')

/** Undefined where there are no weights: then MiniLM retrieves as well. */
export async function loadStatic() {
  if (!existsSync(weights)) return undefined
  const { outputFiles } = await build({
    stdin: {
      contents: ['static-embedder', 'static-model']
        .map((name) => `export * from ${JSON.stringify(path(`../../src/embedding/${name}.ts`))}`)
        .join('\n'),
      resolveDir: path('../..'),
    },
    bundle: true,
    format: 'esm',
    write: false,
  })
  const { StaticEmbedder, readStaticModel } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`
  )
  const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')
  return new StaticEmbedder(await readStaticModel(new Uint8Array(readFileSync(weights)), sha256, weights))
}
