/** Sizes that providers' own pages work out, and bounds that hold for every size. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fittedSize, type ImageCap } from '../../src/media/fitted-size.ts'
import { imageCap } from '../../src/media/image-caps.ts'

const UNBOUND = { maxEdge: undefined, maxPixels: undefined }
const CLAUDE_STANDARD = { kind: 'claude', maxEdge: 1568, most: 1568 } as const
const CLAUDE_HIGH = { kind: 'claude', maxEdge: 2576, most: 4784 } as const
const TILES = { kind: 'tiles', maxEdge: 2048, shortEdge: 768 } as const
const PATCHES = { kind: 'patches', most: 1536 } as const

describe('fittedSize', () => {
  it.each<[string, ImageCap, [number, number], [number, number]]>([
    ['Anthropic’s example of a page', CLAUDE_STANDARD, [1075, 1520], [924, 1307]],
    ['a Claude image that fits', CLAUDE_STANDARD, [1092, 1092], [1092, 1092]],
    ['a screen in high resolution that fits', CLAUDE_HIGH, [1920, 1080], [1920, 1080]],
    ['OpenAI’s first example', TILES, [1024, 1024], [768, 768]],
    ['OpenAI’s second example', TILES, [2048, 4096], [768, 1536]],
    ['OpenAI’s example of patches', PATCHES, [1800, 2400], [1056, 1408]],
    ['what is below its patches', PATCHES, [1024, 1024], [1024, 1024]],
    ['one edge', { kind: 'edge', maxEdge: 3072 }, [6144, 4608], [3072, 2304]],
  ])('%s', (_, cap, [width, height], [wide, high]) => {
    expect(fittedSize({ width, height }, cap, UNBOUND)).toEqual({ width: wide, height: high })
  })

  it('a 12-megapixel photo at Claude’s tiers costs no more patches than they have', () => {
    for (const cap of [CLAUDE_STANDARD, CLAUDE_HIGH]) {
      const { width, height } = fittedSize({ width: 4032, height: 3024 }, cap, UNBOUND)
      const patches = Math.ceil(width / 28) * Math.ceil(height / 28)
      expect(patches).toBeLessThanOrEqual(cap.most)
      expect(patches).toBeGreaterThan(cap.most * 0.94)
    }
  })

  const side = fc.integer({ min: 1, max: 20_000 })
  const cap = fc.constantFrom<ImageCap | undefined>(
    undefined,
    CLAUDE_STANDARD,
    CLAUDE_HIGH,
    TILES,
    PATCHES,
    { kind: 'patches', most: 10_000 },
    { kind: 'edge', maxEdge: 3072 },
  )
  const bound = fc.record({
    maxEdge: fc.option(fc.integer({ min: 16, max: 8000 }), { nil: undefined }),
    maxPixels: fc.option(fc.integer({ min: 256, max: 30_000_000 }), { nil: undefined }),
  })

  it('never enlarges, keeps within what is stated, and leaves alone what it has fitted', () => {
    fc.assert(
      fc.property(side, side, cap, bound, (width, height, cap, bound) => {
        const fitted = fittedSize({ width, height }, cap, bound)
        expect(fitted.width).toBeGreaterThanOrEqual(1)
        expect(fitted.height).toBeGreaterThanOrEqual(1)
        expect(fitted.width).toBeLessThanOrEqual(width)
        expect(fitted.height).toBeLessThanOrEqual(height)
        if (bound.maxEdge !== undefined)
          expect(Math.max(fitted.width, fitted.height)).toBeLessThanOrEqual(bound.maxEdge)
        // What is reduced to a line of pixels can be asked to be less than one pixel high.
        if (Math.min(fitted.width, fitted.height) > 1) expect(fittedSize(fitted, cap, bound)).toEqual(fitted)
      }),
      { numRuns: 2000 },
    )
  })
})

/** Tokens less 1.2 for a patch, as a published table of measurements has them. */
it.each([
  [{ width: 4032, height: 3024 }, 'high', 2942],
  [{ width: 2560, height: 1440 }, 'high', 2931],
  [{ width: 3840, height: 2160 }, 'high', 2931],
  [{ width: 4032, height: 3024 }, undefined, 11_868],
] as const)('comes to what gpt-5.5 was measured to count of %o at detail %s', (size, detail, tokens) => {
  const { width, height } = fittedSize(size, imageCap('openai', 'gpt-5.5', detail), UNBOUND)
  expect(Math.ceil(Math.ceil(width / 32) * Math.ceil(height / 32) * 1.2)).toBe(tokens)
})

describe('imageCap', () => {
  const long = (...asked: Parameters<typeof imageCap>): string => {
    const { width, height } = fittedSize({ width: 8000, height: 6000 }, imageCap(...asked), UNBOUND)
    return `${width}x${height}`
  }

  it.each([
    ['anthropic', 'claude-sonnet-4-5-20250929', undefined, '1270x952'],
    ['anthropic', 'claude-haiku-4-5', undefined, '1270x952'],
    ['anthropic', 'claude-opus-4-7', undefined, '2212x1659'],
    ['anthropic', 'claude-sonnet-5-5', undefined, '2212x1659'],
    ['anthropic', 'kimi-k2', undefined, '8000x6000'],
    ['openai', 'gpt-4o', undefined, '1024x768'],
    ['azure', 'gpt-4.1', 'high', '1024x768'],
    ['openai', 'gpt-4.1-mini', 'auto', '1408x1056'],
    ['openai', 'gpt-4o', 'low', '682x512'],
    ['openai', 'gpt-5.4', undefined, '1824x1368'],
    ['openai', 'gpt-5.5', 'high', '1824x1368'],
    ['openai', 'gpt-5.5', undefined, '3669x2752'],
    ['openai', 'gpt-5.6-sol', 'high', '1824x1368'],
    ['openai', 'gpt-6', undefined, '8000x6000'],
    ['openai', 'gpt-6', 'original', '8000x6000'],
    ['openai', 'my-own-model', 'low', '8000x6000'],
    ['gemini', 'gemini-2.5-flash', undefined, '3072x2304'],
    ['vertex', 'google/gemini-2.5-pro', undefined, '3072x2304'],
    ['gemini', 'gemini-3-pro', undefined, '8000x6000'],
    ['vllm', 'qwen3-vl', undefined, '8000x6000'],
    ['openrouter', 'openai/gpt-4o', undefined, '8000x6000'],
  ] as const)('%s %s, detail %s: %s', (vendor, model, detail, expected) => {
    expect(long(vendor, model, detail)).toBe(expected)
  })
})
