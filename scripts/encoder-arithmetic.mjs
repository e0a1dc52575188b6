// `npm run build:encoder`: compiles src/embedding/small-encoder.c (clang 14 or later with wasm-ld) into
// src/embedding/encoder-arithmetic-bytes.ts.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'trimtab-encoder-'))
const MODULE = join(folder, 'arithmetic.wasm')

const flags = [
  '--target=wasm32',
  '-msimd128',
  '-O3',
  '-ffast-math',
  '-ffreestanding',
  '-nostdlib',
  '-Wall',
  '-Werror',
  '-Wl,--no-entry,--strip-all,--export=__heap_base,-z,stack-size=16384',
]
execFileSync('clang', [...flags, '-o', MODULE, path('../src/embedding/small-encoder.c')], {
  stdio: 'inherit',
})
const bytes = readFileSync(MODULE)
rmSync(folder, { recursive: true })
writeFileSync(
  path('../src/embedding/encoder-arithmetic-bytes.ts'),
  `/** Made by \`npm run build:encoder\` from small-encoder.c: base64. */\nexport const ARITHMETIC =\n  '${bytes.toString('base64')}'\n`,
)
console.log(`${bytes.length} bytes`)
