/** The encoder that tells sentences of passages: the one that ships, because the confidence of answers is calibrated for it. */
import type { Config } from '../../config.ts'
import type { EncoderInUse, ShippedModels } from './shipped-models.ts'

/** Undefined where the configuration wants words alone (`embedding: { use: static }`), or where it cannot start. */
export async function openSentenceEncoder(
  { embedding }: Pick<Config, 'embedding'>,
  shipped: ShippedModels,
): Promise<EncoderInUse | undefined> {
  if (embedding.use === 'static') return undefined
  // Words alone answer fewer questions, and no worse.
  return shipped.encoder().catch(() => undefined)
}
