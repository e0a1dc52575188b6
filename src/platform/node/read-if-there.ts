/** Reads a file that may be missing. */
import { readFile } from 'node:fs/promises'

/** Undefined where it is missing or may not be read; never rejects. */
export function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}
