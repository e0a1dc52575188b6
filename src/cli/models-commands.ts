/** The commands about embedders' models: `models list` and `models add`. */
import { type Command, Option } from 'commander'
import { addModelCommand, listModels } from '../commands/models.ts'
import type { ConfigFlags } from '../platform/node/config-files.ts'
import { ContextualEmbedder } from '../platform/node/contextual-embedder.ts'
import { openDataFolder } from '../platform/node/data-folder.ts'
import type { Dtype, EmbedderModel } from '../platform/node/embedder-model.ts'
import { addModel, installedModels } from '../platform/node/installed-models.ts'
import { hubFiles, localFiles } from '../platform/node/model-sources.ts'
import { contextualEmbedderScript } from '../platform/node/package-files.ts'
import { dataFolder, output, run, withPlace } from './command-line.ts'

/** A slow disk, a busy machine. */
const TRY_OUT_WITHIN_MS = 60_000

const ADD_HELP = `
minilm is all-MiniLM-L6-v2, 90 MB from the hub. FOLDER has what the hub has: config.json, tokenizer.json,
tokenizer_config.json, and onnx/model.onnx (fp32) or onnx/model_quantized.onnx (int8); FILE is such weights with the rest
beside them. The model is tried before it replaces one of that name, with @xenova/transformers, which has to be installed.`

type AddFlags = ConfigFlags & { from?: string; hub: string; dtype?: Dtype; json?: boolean }

export function addModelsCommands(program: Command): void {
  const models = program.command('models').description('models of embedders: list, add')
  withPlace(models.command('list').description('tell which models are in the data folder'))
    .option('--json', 'print JSON')
    .action((flags: ConfigFlags & { json?: boolean }) =>
      run(async () => listModels(await installedModels(dataFolder(flags)), flags, output)),
    )
  withPlace(
    models.command('add <model>').description('put a model into the data folder: minilm, or OWNER/NAME'),
  )
    .option('--from <path>', 'a folder or an ONNX file; default: the hub')
    .option(
      '--hub <address>',
      'where models are fetched',
      process.env.HF_ENDPOINT ?? 'https://huggingface.co',
    )
    .addOption(
      new Option('--dtype <kind>', 'which weights; default: fp32 from the hub').choices(['int8', 'fp32']),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', ADD_HELP)
    .action((model: string, flags: AddFlags) => run(() => addHere(model, flags)))
}

function addHere(name: string, flags: AddFlags): Promise<number> {
  const data = dataFolder(flags)
  openDataFolder(data)
  const adding = { progress: showProgress, tryOut }
  return addModelCommand(
    name,
    flags,
    {
      fromDisk: (from) => addModel(data, name, localFiles(from, flags.dtype), adding),
      fromHub: (hub, repository) =>
        addModel(data, name, hubFiles(hub, repository, flags.dtype ?? 'fp32'), adding),
    },
    output,
  )
}

async function tryOut(model: EmbedderModel): Promise<void> {
  const embedder = new ContextualEmbedder({
    model,
    threads: 1,
    timeoutMs: TRY_OUT_WITHIN_MS,
    script: contextualEmbedderScript(),
    environment: process.env,
    random: Math.random,
    info: () => {},
    warn: () => {},
  })
  try {
    await embedder.embed(['How do I reset my password?'])
  } finally {
    await embedder.stop()
  }
}

let shownPercent = -1

/** One line that is written over; nothing in a pipe. */
function showProgress(name: string, bytes: number, wholeBytes: number | undefined): void {
  if (!process.stderr.isTTY) return
  const percent = wholeBytes === undefined ? undefined : Math.floor((100 * bytes) / wholeBytes)
  if (percent === shownPercent && percent !== 100) return
  shownPercent = percent ?? -1
  const share = percent === undefined ? '' : ` ${percent}%`
  process.stderr.write(
    `\r\u001b[K${name} ${(bytes / 1e6).toFixed(1)} MB${share}${percent === 100 ? '\n' : ''}`,
  )
}
