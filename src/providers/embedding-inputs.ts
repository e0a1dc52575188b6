/** How many inputs of embeddings a vendor takes in one call, where several callers' go together. */
import type { VendorId } from './vendors.ts'

/** As many as Text Embeddings Inference takes as it comes (`--max-client-batch-size`). */
const USUAL = 32

const OF_VENDOR: Partial<Record<VendorId, number>> = {
  openai: 2048,
  azure: 2048,
  'azure-v1': 2048,
  gemini: 100,
}

export function embeddingInputsOf(vendor: VendorId): number {
  return OF_VENDOR[vendor] ?? USUAL
}
