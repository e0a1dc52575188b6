// The tests' mock provider as plain JavaScript in a process of its own: `node bench/mock.mjs [--port N]`.
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))

const outfile = path('./.cache/mock.mjs')
await build({
  entryPoints: [path('../test/support/mock-provider/main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  logLevel: 'warning',
})
await import(pathToFileURL(outfile).href)
