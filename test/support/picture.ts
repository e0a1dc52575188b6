/** A picture that compresses as a photo does: soft shapes with some noise, the same for the same numbers. */
import sharp from 'sharp'

/** As PNG. */
export function picture(width: number, height: number, seed = 1): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3)
  let state = seed
  for (let at = 0; at < pixels.length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)]
    const shape = 128 + 100 * Math.sin((x / width) * 9 + seed) * Math.cos((y / height) * 7 + (at % 3))
    pixels[at] = Math.max(0, Math.min(255, shape + (state % 16)))
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 3 })
    .toBuffer()
}
