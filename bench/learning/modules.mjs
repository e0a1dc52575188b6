// What routing learns with, bundled from src/, so that what is measured is what ships.
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const MODULES = [
  'routing/learn/learning',
  'routing/learn/label-features',
  'routing/learn/label-set',
  'routing/learn/ridge-fit',
  'storage/sqlite-learn-store',
]

export async function loadLearning() {
  const outfile = path('../.cache/learning/learning.mjs')
  await build({
    stdin: {
      contents: MODULES.map((name) => `export * from ${JSON.stringify(path(`../../src/${name}.ts`))}`).join(
        '\n',
      ),
      resolveDir: path('../..'),
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['better-sqlite3'],
    outfile,
    logLevel: 'warning',
  })
  return import(pathToFileURL(outfile).href)
}
