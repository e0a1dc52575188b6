/** The semantic cache's own readings, vetoes and residue, bundled from their sources. */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const NAMES = ['question-reading', 'veto', 'residue', 'term-frequencies']

export async function loadSemantic() {
  const { outputFiles } = await build({
    stdin: {
      contents: NAMES.map((name) => `export * from './${name}.ts'`).join('\n'),
      resolveDir: fileURLToPath(new URL('../../src/cache/semantic', import.meta.url)),
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    write: false,
  })
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`)
}
