/** `trimtab backup` and `trimtab restore`: the ledger with its keys, as one file. */
import type { Output } from './output.ts'

interface BackupParts {
  /** Path of the data folder's ledger. */
  ledger: string
  /** @throws Failure or Error with one sentence */
  copyTo(file: string): Promise<void>
  sizeOf(file: string): number
}

interface RestoreParts {
  ledger: string
  /** @returns where the ledger that was there is now; undefined where none was */
  replaceBy(file: string): string | undefined
}

/** Returns the exit code. */
export async function backupCommand(file: string, parts: BackupParts, output: Output): Promise<number> {
  await parts.copyTo(file)
  const megabytes = (parts.sizeOf(file) / 1024 ** 2).toFixed(1)
  output.out(`${file} holds ${parts.ledger} whole and sound (${megabytes} MiB): requests, costs and keys.`)
  output.out(`To put it back, stop trimtab and run \`trimtab restore ${file}\`.`)
  return 0
}

/** Returns the exit code. */
export function restoreCommand(file: string, parts: RestoreParts, output: Output): number {
  const kept = parts.replaceBy(file)
  output.out(`${parts.ledger} is what ${file} holds.`)
  if (kept !== undefined) output.out(`The one before is kept as ${kept}.`)
  return 0
}
