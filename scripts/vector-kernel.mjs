// Assembles src/vectors/simd-kernel.wat and writes its bytes into simd-kernel-bytes.ts, as text so that no bundle has to
// find a file. `--check` only tells whether the bytes are those of the source.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import loadWabt from 'wabt'

const source = fileURLToPath(new URL('../src/vectors/simd-kernel.wat', import.meta.url))
const target = fileURLToPath(new URL('../src/vectors/simd-kernel-bytes.ts', import.meta.url))

const wabt = await loadWabt()
const parsed = wabt.parseWat(source, readFileSync(source, 'utf8'), { simd: true })
parsed.validate()
const { buffer } = parsed.toBinary({ write_debug_names: false })
parsed.destroy()

const lines = Buffer.from(buffer)
  .toString('base64')
  .match(/.{1,100}/g)
const text = [
  '/** WebAssembly of simd-kernel.wat in base64, written by scripts/vector-kernel.mjs. */',
  'export const SIMD_KERNEL =',
  lines.map((line) => `  '${line}'`).join(' +\n'),
  '',
].join('\n')

if (!process.argv.includes('--check')) writeFileSync(target, text)
else if (readFileSync(target, 'utf8') !== text) {
  console.error(
    'simd-kernel-bytes.ts is not what simd-kernel.wat makes: run `node scripts/vector-kernel.mjs`.',
  )
  process.exitCode = 1
}
