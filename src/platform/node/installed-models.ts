/** The embedders' models in the data folder: what is there, and how one gets there, whole or not at all. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder } from './data-folder.ts'
import {
  type EmbedderModel,
  modelFolder,
  readEmbedderModel,
  WEIGHT_FILES,
  weightsIn,
} from './embedder-model.ts'
import { type Copying, fetchFile, type ModelFile } from './model-sources.ts'
import { lowerIrVersion } from './onnx-file.ts'

export interface InstalledModel extends EmbedderModel {
  /** As configuration names it. */
  name: string
  weightBytes: number
}

/** Those in `models/NAME` and `models/OWNER/NAME`. */
export async function installedModels(dataFolder: string): Promise<InstalledModel[]> {
  const root = join(dataFolder, 'models')
  const names = foldersIn(root).flatMap((name) => [
    name,
    ...foldersIn(join(root, name)).map((inner) => `${name}/${inner}`),
  ])
  const models: InstalledModel[] = []
  for (const name of names) {
    if (weightsIn(join(root, name), undefined) === undefined) continue
    const model = await readEmbedderModel(dataFolder, { model: name, dtype: undefined, pooling: 'mean' })
    models.push({ ...model, name, weightBytes: statSync(join(model.folder, WEIGHT_FILES[model.dtype])).size })
  }
  return models
}

export interface Added {
  model: EmbedderModel
  /** SHA-256 in hex by the file's name, as it came. */
  digests: Readonly<Record<string, string>>
  /** The version of the file's format, where it was lowered. */
  loweredFrom: number | undefined
}

export interface Adding extends Copying {
  /** Shows that the model answers. @throws Error where it does not */
  tryOut(model: EmbedderModel): Promise<void>
}

/**
 * Replaces what is there under that name. The files are fetched beside it and tried first.
 * @throws Error with a reason in few words; nothing is changed then
 */
export async function addModel(
  dataFolder: string,
  name: string,
  files: readonly ModelFile[],
  adding: Adding,
): Promise<Added> {
  const target = modelFolder(dataFolder, name)
  makeFolder(dirname(target))
  const aside = mkdtempSync(join(dirname(target), '.adding-'))
  try {
    // Under its own name, which is part of its id.
    const folder = join(aside, name.replace(/^.*\//, ''))
    mkdirSync(folder)
    const digests: Record<string, string> = {}
    for (const file of files) digests[file.name] = await fetchFile(file, folder, adding)
    const weights = Object.values(WEIGHT_FILES).find((file) => file in digests)
    const loweredFrom = weights === undefined ? undefined : lowerIrVersion(join(folder, weights))
    const model = await readEmbedderModel(dataFolder, { model: folder, dtype: undefined, pooling: 'mean' })
    await adding.tryOut(model)
    if (existsSync(target)) renameSync(target, join(aside, '.replaced'))
    renameSync(folder, target)
    return { model: { ...model, folder: target }, digests, loweredFrom }
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

function foldersIn(path: string): string[] {
  if (!existsSync(path)) return []
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .toSorted()
}
