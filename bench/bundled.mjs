// Makes plain JavaScript of a script of the bench that imports src/ or test/, whose TypeScript Node 20 does not run.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))

/** `entry` is relative to bench/. Returns the path of what can be run. */
export async function bundled(entry) {
  const outfile = path(`./.cache/${entry.replaceAll('/', '-')}`)
  await build({
    entryPoints: [path(`./${entry}`)],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'warning',
  })
  return outfile
}
