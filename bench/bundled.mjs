// Makes plain JavaScript of a script of the bench that imports src/ or test/, whose TypeScript Node 20 does not run.
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))

/** `entry` is relative to bench/, `name` that of what can be run, whose path is returned. */
export async function bundled(entry, name = entry.replaceAll('/', '-')) {
  const outfile = path(`./.cache/${name}`)
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

/** What modules of src/ export, all in one, so that what is measured is what ships. `names` without ending; `as` names the bundle. */
export async function loadModules(names, as) {
  const outfile = path(`./.cache/${as}.mjs`)
  await build({
    stdin: {
      contents: names.map((name) => `export * from ${JSON.stringify(path(`../src/${name}.ts`))}`).join('\n'),
      resolveDir: path('..'),
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
