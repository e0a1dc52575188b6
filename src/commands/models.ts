/** `trimtab models list | add`: the embedders' models in the data folder. */
import type { Output } from './output.ts'
import { type Column, textTable } from './table.ts'

/** `minilm` is short for it: the export for the runtime that trimtab uses. */
const WELL_KNOWN: Readonly<Record<string, string>> = { minilm: 'Xenova/all-MiniLM-L6-v2' }

interface ListedModel {
  name: string
  id: string
  folder: string
  dtype: string
  dimensions: number
  weightBytes: number
}

const COLUMNS: readonly Column[] = [
  { title: 'model', align: 'left' },
  { title: 'weights', align: 'left' },
  { title: 'MB', align: 'right' },
  { title: 'dimensions', align: 'right' },
  { title: 'id', align: 'left' },
]

export function listModels(
  models: readonly ListedModel[],
  options: { json?: boolean },
  output: Output,
): number {
  if (options.json) {
    const rows = models.map(({ name, id, folder, dtype, dimensions, weightBytes }) => ({
      name,
      id,
      dtype,
      dimensions,
      weight_bytes: weightBytes,
      folder,
    }))
    output.out(JSON.stringify({ models: rows }))
    return 0
  }
  if (models.length === 0) {
    output.out(
      'No model is there. `trimtab models add minilm` fetches the one that confirms what the cache finds.',
    )
    return 0
  }
  const rows = models.map(({ name, dtype, weightBytes, dimensions, id }) => [
    name,
    dtype,
    (weightBytes / 1e6).toFixed(0),
    String(dimensions),
    id,
  ])
  output.out(textTable(COLUMNS, rows))
  return 0
}

interface AddOptions {
  /** A folder or an ONNX file; undefined: the hub. */
  from?: string | undefined
  hub: string
  json?: boolean | undefined
}

interface AddedModel {
  model: { id: string; folder: string; dimensions: number }
  digests: Readonly<Record<string, string>>
  loweredFrom: number | undefined
}

export interface AddParts {
  /** @throws Error whose message is a reason in few words */
  fromDisk(from: string): Promise<AddedModel>
  fromHub(hub: string, repository: string): Promise<AddedModel>
}

/** Returns the exit code: 1 where the name or what is named is wrong, 2 where the hub cannot be reached. */
export async function addModelCommand(
  name: string,
  options: AddOptions,
  parts: AddParts,
  output: Output,
): Promise<number> {
  if (!isName(name)) {
    output.error(`${name} is no name of a model: it is minilm, or OWNER/NAME as on the hub.`)
    return 1
  }
  const { from, hub } = options
  const repository = WELL_KNOWN[name] ?? name
  if (from === undefined && !repository.includes('/')) {
    output.error(
      `${name} is no model that trimtab knows: name it OWNER/NAME as on the hub, or give its files with --from.`,
    )
    return 1
  }
  try {
    const added = from === undefined ? await parts.fromHub(hub, repository) : await parts.fromDisk(from)
    tell(name, added, options, output)
    return 0
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
    if (from !== undefined) output.error(`The model ${name} cannot be taken from ${from}: ${reason}.`)
    else
      output.error(
        `The model ${name} cannot be fetched from ${hub}/${repository}: ${reason}. ${byHand(name)}`,
      )
    return from === undefined ? 2 : 1
  }
}

function tell(name: string, added: AddedModel, options: AddOptions, output: Output): void {
  const { model, digests, loweredFrom } = added
  if (options.json) {
    output.out(
      JSON.stringify({
        name,
        id: model.id,
        folder: model.folder,
        dimensions: model.dimensions,
        sha256: digests,
      }),
    )
    return
  }
  for (const [file, digest] of Object.entries(digests)) output.out(`${digest}  ${file}`)
  if (loweredFrom !== undefined) {
    output.out(
      `The weights are marked as version 8 of their format instead of ${loweredFrom}, for a runtime that reads no newer.`,
    )
  }
  output.out(
    `${name} is in ${model.folder}, as ${model.id}; a running trimtab takes it over when it starts next.`,
  )
}

function byHand(name: string): string {
  return `Where this machine has no way there, fetch config.json, tokenizer.json, tokenizer_config.json and onnx/model.onnx elsewhere, and name their folder: trimtab models add ${name} --from FOLDER.`
}

function isName(name: string): boolean {
  const parts = name.split('/')
  return parts.length <= 2 && parts.every((part) => /^[A-Za-z0-9_][\w.-]{0,95}$/.test(part))
}
