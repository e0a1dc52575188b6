/** What the first bytes of an image tell: its format, its size, and whether it moves. PNG, JPEG and WebP are known. */

export interface ImageHeader {
  format: 'png' | 'jpeg' | 'webp'
  /** Pixels, as they are stored: a camera's note of how to turn them is not followed. */
  width: number
  height: number
  /** Several pictures in one. */
  isAnimated: boolean
}

const PNG_SIGNATURE = '\x89PNG\r\n\x1a\n'
/** Frames of JPEG: all but the tables that lie among their numbers. */
const FIRST_FRAME = 0xc0
const LAST_FRAME = 0xcf
const NO_FRAMES: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc])
const STANDALONE_MARKERS = { first: 0xd0, last: 0xd8 }

/** Undefined where the bytes are none of these, or end before they tell. */
export function readImageHeader(bytes: Uint8Array): ImageHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    if (letters(bytes, 0, 8) === PNG_SIGNATURE) return png(bytes, view)
    if (bytes[0] === 0xff && bytes[1] === 0xd8) return jpeg(bytes, view)
    if (letters(bytes, 0, 4) === 'RIFF' && letters(bytes, 8, 4) === 'WEBP') return webp(bytes, view)
    return undefined
  } catch (error) {
    // Reading past the end, as a cut file has one do.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** What moves has an `acTL` ahead of its first data. */
function png(bytes: Uint8Array, view: DataView): ImageHeader | undefined {
  if (letters(bytes, 12, 4) !== 'IHDR') return undefined
  const size = { width: view.getUint32(16), height: view.getUint32(20) }
  for (let at = 8; ; ) {
    const length = view.getUint32(at)
    const name = letters(bytes, at + 4, 4)
    if (name === 'acTL' || name === 'IDAT') return sized('png', size, name === 'acTL')
    at += 12 + length
  }
}

function jpeg(bytes: Uint8Array, view: DataView): ImageHeader | undefined {
  for (let at = 2; at < bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) at++
    else if (marker >= STANDALONE_MARKERS.first && marker <= STANDALONE_MARKERS.last) at += 2
    else if (marker >= FIRST_FRAME && marker <= LAST_FRAME && !NO_FRAMES.has(marker))
      return sized('jpeg', { height: view.getUint16(at + 5), width: view.getUint16(at + 7) }, false)
    else at += 2 + view.getUint16(at + 2)
  }
  return undefined
}

function webp(bytes: Uint8Array, view: DataView): ImageHeader | undefined {
  switch (letters(bytes, 12, 4)) {
    case 'VP8X': {
      const size = { width: 1 + threeBytes(view, 24), height: 1 + threeBytes(view, 27) }
      return sized('webp', size, (view.getUint8(20) & 2) !== 0)
    }
    case 'VP8L': {
      const packed = view.getUint32(21, true)
      const size = { width: 1 + (packed & 0x3fff), height: 1 + ((packed >> 14) & 0x3fff) }
      return sized('webp', size, false)
    }
    case 'VP8 ': {
      const size = { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
      return sized('webp', size, false)
    }
    default:
      return undefined
  }
}

function sized(
  format: ImageHeader['format'],
  { width, height }: { width: number; height: number },
  isAnimated: boolean,
): ImageHeader | undefined {
  return width > 0 && height > 0 ? { format, width, height, isAnimated } : undefined
}

function threeBytes(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
}

function letters(bytes: Uint8Array, at: number, count: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + count))
}
