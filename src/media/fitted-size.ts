/** The size that an image comes to within what somebody makes of it anyway; never a larger one. */

export interface Size {
  width: number
  height: number
}

/** How a provider makes images smaller before its model sees them. */
export type ImageCap =
  /** Into a square, then so that the shorter side is no longer than `shortEdge`. */
  | { kind: 'tiles'; maxEdge: number; shortEdge: number }
  /** Into so many patches of 32 pixels. */
  | { kind: 'patches'; most: number }
  /** As large as it fits: sides in whole patches of 28 pixels within `maxEdge`, and as many patches. */
  | { kind: 'claude'; maxEdge: number; most: number }
  | { kind: 'edge'; maxEdge: number }

/** What a policy states besides. */
export interface ImageBound {
  maxEdge: number | undefined
  maxPixels: number | undefined
}

const PATCH = 32
const CLAUDE_PATCH = 28

export function fittedSize(size: Size, cap: ImageCap | undefined, bound: ImageBound): Size {
  const bounded = withinPixels(withinEdge(size, bound.maxEdge), bound.maxPixels)
  switch (cap?.kind) {
    case undefined:
      return bounded
    case 'edge':
      return withinEdge(bounded, cap.maxEdge)
    case 'tiles':
      return withinShortEdge(withinEdge(bounded, cap.maxEdge), cap.shortEdge)
    case 'patches':
      return withinPatches(bounded, cap.most)
    case 'claude':
      return withinClaude(bounded, cap)
  }
}

function withinEdge(size: Size, maxEdge: number | undefined): Size {
  return maxEdge === undefined ? size : scaled(size, maxEdge / Math.max(size.width, size.height))
}

function withinShortEdge(size: Size, shortEdge: number): Size {
  return scaled(size, shortEdge / Math.min(size.width, size.height))
}

function withinPixels(size: Size, maxPixels: number | undefined): Size {
  return maxPixels === undefined ? size : scaled(size, Math.sqrt(maxPixels / (size.width * size.height)))
}

/** The formula of OpenAI's page on images: by the budget's root, then down to whole patches on one side. */
function withinPatches(size: Size, most: number): Size {
  const { width, height } = size
  if (Math.ceil(width / PATCH) * Math.ceil(height / PATCH) <= most) return size
  const shrink = Math.sqrt((most * PATCH * PATCH) / (width * height))
  const [across, down] = [(width * shrink) / PATCH, (height * shrink) / PATCH]
  // Of what is less than a patch wide, no whole one is left.
  const whole = Math.min(Math.max(1, Math.floor(across)) / across, Math.max(1, Math.floor(down)) / down, 1)
  return scaled(size, shrink * whole)
}

/** By search along the longer side, as Anthropic's page on images has it. */
function withinClaude(size: Size, { maxEdge, most }: { maxEdge: number; most: number }): Size {
  const fits = (long: number, short: number): boolean => {
    const [across, down] = [Math.ceil(long / CLAUDE_PATCH), Math.ceil(short / CLAUDE_PATCH)]
    return across * CLAUDE_PATCH <= maxEdge && down * CLAUDE_PATCH <= maxEdge && across * down <= most
  }
  const long = Math.max(size.width, size.height)
  const short = Math.min(size.width, size.height)
  if (fits(long, short)) return size
  const shortOf = (edge: number): number => Math.max(1, toEven(edge * (short / long)))
  let [least, beyond] = [1, long]
  while (least + 1 < beyond) {
    const middle = Math.floor((least + beyond) / 2)
    if (fits(middle, shortOf(middle))) least = middle
    else beyond = middle
  }
  return size.width >= size.height
    ? { width: least, height: shortOf(least) }
    : { width: shortOf(least), height: least }
}

/** Rounded down, so that no bound is passed by a pixel; a hair is added for what division loses. */
function scaled({ width, height }: Size, by: number): Size {
  if (by >= 1) return { width, height }
  const part = (side: number): number => Math.max(1, Math.floor(side * by + 1e-6))
  return { width: part(width), height: part(height) }
}

function toEven(value: number): number {
  const floor = Math.floor(value)
  if (value - floor !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}
