/** The encoder that tells sentences of passages: the one that ships, because the confidence of answers is calibrated for it. */
import type { Config } from '../../config.ts'
import { ShippedEncoder } from './shipped-encoder.ts'

/** Undefined where the configuration wants words alone (`embedding: { use: static }`), or where it cannot start. */
export async function openSentenceEncoder({
  embedding,
}: Pick<Config, 'embedding'>): Promise<ShippedEncoder | undefined> {
  if (embedding.use === 'static') return undefined
  // Words alone answer fewer questions, and no worse.
  return ShippedEncoder.start().catch(() => undefined)
}
