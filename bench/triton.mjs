// The tests' double of Triton as plain JavaScript in a process of its own: `node bench/triton.mjs [--call-ms N] [--row-ms N]`.
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))

const outfile = path('./.cache/triton.mjs')
await build({
  entryPoints: [path('../test/support/tensor-servers/main.ts')],
  outfile,
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  logLevel: 'warning',
})
await import(pathToFileURL(outfile).href)
