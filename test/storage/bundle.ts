/** Bundles a TypeScript entry for a process or thread of its own: Node 20 runs no TypeScript. */
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/**
 * `entry` is relative to the repository. The bundle lies where it finds the project's
 * dependencies, as deep as `test/storage`, so that relative paths in it hold.
 */
export async function bundle(entry: string): Promise<{ path: string; remove: () => void }> {
  const outfile = `${ROOT}.cache/test-bundles/${process.pid}-${entry.replace(/\W+/g, '-')}.mjs`
  await build({
    entryPoints: [ROOT + entry],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'silent',
  })
  return { path: outfile, remove: () => rmSync(outfile, { force: true }) }
}
