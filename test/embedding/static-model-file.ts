/** The static embedder's file as it ships. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readStaticModel, type StaticModel } from '../../src/embedding/static-model.ts'

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export function staticModelBytes(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL('../../models/static/static.bin', import.meta.url)))
}

export function staticModel(): Promise<StaticModel> {
  return readStaticModel(staticModelBytes(), sha256, 'static.bin')
}
