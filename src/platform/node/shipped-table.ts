/** The table of words that ships, as the embedder that is always there. By itself: who embeds need not load a cache. */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { InstantEmbedder } from '../../embedding/embedder.ts'
import { StaticEmbedder } from '../../embedding/static-embedder.ts'
import { readStaticModel } from '../../embedding/static-model.ts'
import { staticModelFile } from './package-files.ts'

export async function openStaticEmbedder(): Promise<InstantEmbedder> {
  const file = staticModelFile()
  const bytes = Uint8Array.from(readFileSync(file))
  return new StaticEmbedder(await readStaticModel(bytes, (content) => hash('sha256', content), file))
}
