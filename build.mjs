// Bundles src/ into dist/: one file for the command line, one for the thread that reads the ledger.
// Dependencies stay outside the bundle, so that npm installs, audits and deduplicates them.
import { build } from 'esbuild'

await build({
  entryPoints: {
    cli: 'src/cli.ts',
    'ledger-thread': 'src/platform/node/ledger-thread.ts',
  },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: true,
  chunkNames: 'chunks/[name]-[hash]',
  logLevel: process.argv.includes('--quiet') ? 'warning' : 'info',
})
