/** Where the package's own files lie, from the bundle in `dist/` and from the sources alike. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The folder of trimtab's own package.json. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
}

export function packageVersion(): string {
  const text = readFileSync(join(packageFolder(), 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

export function migrationsFolder(): string {
  return join(packageFolder(), 'migrations')
}

export function ledgerThreadScript(): URL {
  return pathToFileURL(join(packageFolder(), 'dist', 'ledger-thread.js'))
}

export function reportProcessScript(): string {
  return join(packageFolder(), 'dist', 'report-process.js')
}

export function staticModelFile(): string {
  return join(packageFolder(), 'models', 'static', 'static.bin')
}

export function smallEncoderFile(): string {
  return join(packageFolder(), 'models', 'encoder', 'encoder.bin')
}

export function routerModelFile(): string {
  return join(packageFolder(), 'models', 'router', 'router.bin')
}

export function encoderThreadScript(): URL {
  return pathToFileURL(join(packageFolder(), 'dist', 'encoder-thread.js'))
}

export function contextualEmbedderScript(): string {
  return join(packageFolder(), 'dist', 'contextual-embedder-process.js')
}
