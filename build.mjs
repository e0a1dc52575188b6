// Bundles src/ and the packages it uses into dist/: one file for the command line, one for the thread that reads the
// ledger, one for the process that makes reports, one for the process that computes contextual vectors. Reading some 300 files of packages one by one took a quarter of the time to start. Left outside are what has
// a native part and what starts threads from files of its own.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const FOLDER = 'dist'

const { metafile } = await build({
  entryPoints: {
    cli: 'src/cli.ts',
    'ledger-thread': 'src/platform/node/ledger-thread.ts',
    'report-process': 'src/platform/node/report-process.ts',
    'contextual-embedder-process': 'src/platform/node/contextual-embedder-process.ts',
    'encoder-thread': 'src/platform/node/encoder-thread.ts',
  },
  outdir: FOLDER,
  bundle: true,
  splitting: true,
  external: ['better-sqlite3', 'pino', 'tiktoken', '@xenova/transformers', 'sharp'],
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  chunkNames: 'chunks/[name]-[hash]',
  // Bundled CommonJS asks for Node's own modules by `require`, which an ES module has to make.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  logLevel: process.argv.includes('--quiet') ? 'warning' : 'info',
})
writeFileSync(join(FOLDER, 'THIRD-PARTY-LICENSES.txt'), licencesOf(Object.keys(metafile.inputs)))
// For the test that holds the README's table of dependencies to it; not packed.
writeFileSync(join(FOLDER, 'bundled-bytes.json'), JSON.stringify(bundledBytes(metafile.outputs), null, 2))
removeStale(new Set(Object.keys(metafile.outputs)))

/** Chunks of earlier builds, which would be packed too. Only after the build: a server may be starting from the files. */
function removeStale(written) {
  for (const name of readdirSync(join(FOLDER, 'chunks'))) {
    const path = join(FOLDER, 'chunks', name)
    if (!written.has(path)) rmSync(path)
  }
}

/** Package → bytes of it in all outputs together; trimtab's own code is under `trimtab`. */
function bundledBytes(outputs) {
  const bytes = {}
  for (const [input, { bytesInOutput }] of Object.values(outputs).flatMap((output) =>
    Object.entries(output.inputs),
  )) {
    const [, name = 'trimtab'] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input) ?? []
    bytes[name] = (bytes[name] ?? 0) + bytesInOutput
  }
  return bytes
}

/** Every licence among the bundled packages asks to be passed on with the code. */
function licencesOf(inputs) {
  const packageFolder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/
  const folders = new Set(inputs.map((input) => packageFolder.exec(input)?.[0]).filter(Boolean))
  return [...folders].sort().map(licenceOf).join('\n')
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8')
  return `${name} ${version} (${license})\n\n${text}\n${'-'.repeat(80)}\n`
}
