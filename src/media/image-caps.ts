/**
 * To which size providers make images smaller before their models see them.
 * Sources, as of November 2026: OpenAI's page on images (sizes by `detail` and model), Anthropic's on vision (its two tiers of
 * resolution), Google's on understanding images with Gemini up to 2.5. Of other providers and of names that tell nothing
 * certain no cap is known.
 */
import { messagesModelFacts } from '../anthropic/model-facts.ts'
import type { ImageCap } from './fitted-size.ts'

const CLAUDE_STANDARD: ImageCap = { kind: 'claude', maxEdge: 1568, most: 1568 }
const CLAUDE_HIGH: ImageCap = { kind: 'claude', maxEdge: 2576, most: 4784 }

const TILES: ImageCap = { kind: 'tiles', maxEdge: 2048, shortEdge: 768 }
/**
 * Its model gets 512 pixels by 512. Whether a long image is cut or squeezed for it nobody says, so that the shorter side is
 * taken for these 512.
 */
const LOW: ImageCap = { kind: 'tiles', maxEdge: 2048, shortEdge: 512 }
/**
 * The page bounds sides as well, at 2048 and 6000 pixels. What requests were measured to cost says otherwise, and of two bounds
 * the looser one takes nothing from a model.
 */
const SMALL_PATCHES: ImageCap = { kind: 'patches', most: 1536 }
const PATCHES: ImageCap = { kind: 'patches', most: 2500 }
const ORIGINAL: ImageCap = { kind: 'patches', most: 10_000 }
const GEMINI: ImageCap = { kind: 'edge', maxEdge: 3072 }

const TILE_MODELS = /^(?:gpt-4o|chatgpt-4o|gpt-4\.1(?!-mini|-nano)|gpt-4\.5|o1|o3|computer-use-preview)/
const SMALL_PATCH_MODELS =
  /^(?:o4-mini|gpt-4\.1-(?:mini|nano)|gpt-5-(?:mini|nano)|gpt-5\.2|gpt-5(?:\.[1-3])?-codex|gpt-5\.4-(?:mini|nano))/

/** @param vendor a provider's; @param detail as the request has it, undefined where it says nothing */
export function imageCap(vendor: string, model: string, detail: string | undefined): ImageCap | undefined {
  const name = model.toLowerCase()
  switch (vendor) {
    case 'anthropic':
      if (!name.includes('claude')) return undefined
      return messagesModelFacts(model).seesHighResolution ? CLAUDE_HIGH : CLAUDE_STANDARD
    case 'openai':
    case 'azure':
    case 'azure-v1':
      return openaiCap(name.replace(/^ft:/, ''), detail ?? 'auto')
    case 'gemini':
    case 'vertex':
      return /^(?:google\/)?(?:models\/)?gemini-(?:1\.5|2)/.test(name) ? GEMINI : undefined
    default:
      return undefined
  }
}

/** Whether `detail` is anything to the provider. */
export function heedsDetail(vendor: string): boolean {
  return vendor === 'openai' || vendor === 'azure' || vendor === 'azure-v1'
}

function openaiCap(name: string, detail: string): ImageCap | undefined {
  const isTiled = TILE_MODELS.test(name)
  const gpt = /^gpt-(\d+)(?:\.(\d+))?(?![\w.])/.exec(name)
  const generation = gpt === null ? 0 : Number(gpt[1]) * 100 + Number(gpt[2] ?? 0)
  const isSmall = SMALL_PATCH_MODELS.test(name)
  if (!isTiled && !isSmall && generation < 504) return undefined
  if (detail === 'low') return LOW
  if (isTiled) return TILES
  if (isSmall) return SMALL_PATCHES
  // From 5.5 on, who says nothing gets as much as `original`, and from 5.6 on that has no bound.
  const isOriginal = detail === 'original' || (detail === 'auto' && generation >= 505)
  if (!isOriginal) return PATCHES
  return generation >= 506 ? undefined : ORIGINAL
}
