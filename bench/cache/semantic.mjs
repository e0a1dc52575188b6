// The program's own layers as the bench calls them: bundled from src/, so that what is measured is what ships.
import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))

const MODULES = [
  'cache/semantic/calibrations',
  'cache/semantic/confidence',
  'cache/semantic/entry-evidence',
  'cache/semantic/question-reading',
  'cache/semantic/residue',
  'cache/semantic/term-frequencies',
  'cache/semantic/verifier',
  'cache/semantic/veto',
  'metering/wilson',
]

export async function loadSemantic() {
  const outfile = path('../.cache/cache/semantic.mjs')
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
    outfile,
    logLevel: 'warning',
  })
  if (!existsSync(outfile)) throw new Error('the layers could not be bundled')
  return import(pathToFileURL(outfile).href)
}
