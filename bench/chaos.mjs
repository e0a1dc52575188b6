// An hour of a provider's bad days: `npm run chaos -- --minutes 60 [--rate 20] [--seed 1] [--only FAULT]
// [--out FILE]`, with faults by the names that `test/support/mock-provider/fault.ts` reads.
// The tests' own mock provider and callers, as plain JavaScript; trimtab is a process of its own, from `dist/`.
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))

const outfile = path('./.cache/chaos.mjs')
await build({
  entryPoints: [path('../test/chaos/main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  external: ['better-sqlite3'],
  logLevel: 'warning',
})
await import(pathToFileURL(outfile).href)
