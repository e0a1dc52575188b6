/** What the contextual encoder says of a passage's sentences, as it is kept: 8-bit numbers. */
import type { Embedder } from '../embedding/embedder.ts'
import { quantise } from '../vectors/quantise.ts'
import type { Meaning, Passage } from './passage.ts'
import { sentenceTexts } from './passage-reading.ts'

/** The encoder takes no more at a time. */
const AT_ONCE = 64

/** @throws EmbedderUnavailable */
export async function meaningOf(
  passage: Pick<Passage, 'question' | 'text'>,
  encoder: Embedder,
): Promise<Meaning> {
  const texts = sentenceTexts(passage)
  const { id, dimensions } = encoder
  const vectors = new Int8Array(texts.length * dimensions)
  for (let from = 0; from < texts.length; from += AT_ONCE) {
    const made = await encoder.embed(texts.slice(from, from + AT_ONCE))
    for (const [at, vector] of made.entries()) vectors.set(quantise(vector), (from + at) * dimensions)
  }
  return { encoder: id, vectors }
}
