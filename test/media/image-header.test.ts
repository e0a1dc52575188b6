/** What image files of each kind, made by sharp, tell in their first bytes. */
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { readImageHeader } from '../../src/media/image-header.ts'
import { picture } from '../support/picture.ts'

describe('readImageHeader', () => {
  it.each([
    ['png', (image: sharp.Sharp) => image.png()],
    ['png', (image: sharp.Sharp) => image.png({ palette: true, progressive: true })],
    ['jpeg', (image: sharp.Sharp) => image.jpeg()],
    [
      'jpeg',
      (image: sharp.Sharp) =>
        image.jpeg({ progressive: true }).withExif({ IFD0: { Artist: 'a'.repeat(60_000) } }),
    ],
    ['webp', (image: sharp.Sharp) => image.webp()],
    ['webp', (image: sharp.Sharp) => image.webp({ lossless: true })],
    [
      'webp',
      (image: sharp.Sharp) =>
        image
          .webp({ alphaQuality: 50 })
          .keepMetadata()
          .withExif({ IFD0: { Artist: 'a' } }),
    ],
  ] as const)('%s', async (format, encode) => {
    const bytes = await encode(sharp(await picture(301, 203))).toBuffer()
    expect(readImageHeader(bytes)).toEqual({ format, width: 301, height: 203, isAnimated: false })
  })

  it('tells what moves', async () => {
    const frames = [await picture(20, 10), await picture(20, 10, 7)]
    const moving = await sharp(frames, { join: { animated: true } })
      .webp()
      .toBuffer()
    expect(readImageHeader(moving)).toEqual({ format: 'webp', width: 20, height: 10, isAnimated: true })
  })

  it('tells a moving PNG by its control chunk', async () => {
    const png = await sharp(await picture(20, 10))
      .png()
      .toBuffer()
    const control = Buffer.alloc(20)
    control.writeUInt32BE(8, 0)
    control.write('acTL', 4, 'latin1')
    // Behind the first chunk, as its specification has it.
    const moving = Buffer.concat([png.subarray(0, 33), control, png.subarray(33)])
    expect(readImageHeader(moving)).toMatchObject({ width: 20, height: 10, isAnimated: true })
  })

  it('knows nothing of other formats, and of files that are cut', async () => {
    const gif = await sharp(await picture(20, 10))
      .gif()
      .toBuffer()
    expect(readImageHeader(gif)).toBeUndefined()
    expect(readImageHeader(new Uint8Array())).toBeUndefined()
    for (const encode of ['png', 'jpeg', 'webp'] as const) {
      const bytes = await sharp(await picture(20, 10))
        .toFormat(encode)
        .toBuffer()
      for (let end = 0; end < 24; end++) expect(readImageHeader(bytes.subarray(0, end))).toBeUndefined()
    }
  })
})
