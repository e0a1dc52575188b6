/** Images made smaller by the real sharp: always the same bytes, never more of them. */
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { SharpImages } from '../../src/platform/node/sharp-images.ts'
import { picture } from '../support/picture.ts'

const SIZE = { width: 400, height: 300 }

async function as(format: 'jpeg' | 'png' | 'webp', bytes: Buffer): Promise<string> {
  return (await sharp(bytes).toFormat(format).toBuffer()).toString('base64')
}

describe('SharpImages', () => {
  it.each(['jpeg', 'png', 'webp'] as const)(
    '%s: its format and the asked size, the same bytes each time',
    async (format) => {
      const image = await as(format, await picture(1600, 1200))
      const made = await new SharpImages(sharp).fit(image, format, SIZE)
      const again = await new SharpImages(sharp).fit(image, format, SIZE)
      expect(made).toBeDefined()
      expect(again).toBe(made)
      const bytes = Buffer.from(made ?? '', 'base64')
      expect(await sharp(bytes).metadata()).toMatchObject({ format, ...SIZE })
      expect(bytes.length).toBeLessThan(Buffer.from(image, 'base64').length)
    },
  )

  it('keeps which way a camera was held', async () => {
    const turned = await sharp(await picture(1600, 1200))
      .jpeg()
      .withMetadata({ orientation: 6 })
      .toBuffer()
    const made = await new SharpImages(sharp).fit(turned.toString('base64'), 'jpeg', SIZE)
    expect(await sharp(Buffer.from(made ?? '', 'base64')).metadata()).toMatchObject({
      orientation: 6,
      ...SIZE,
    })
  })

  it('leaves what would take more bytes, and what is broken', async () => {
    const flat = sharp({ create: { width: 500, height: 375, channels: 3, background: '#fff' } })
    const tiny = (await flat.png({ palette: true, compressionLevel: 9 }).toBuffer()).toString('base64')
    const images = new SharpImages(sharp)
    expect(await images.fit(tiny, 'png', { width: 499, height: 374 })).toBeUndefined()
    const whole = Buffer.from(await as('jpeg', await picture(1600, 1200)), 'base64')
    const cut = whole.subarray(0, whole.length / 2).toString('base64')
    expect(await images.fit(cut, 'jpeg', SIZE)).toBeUndefined()
    expect(await images.fit('!!!', 'png', SIZE)).toBeUndefined()
  })

  it('makes an image once, however many ask for it, and remembers no more than it may', async () => {
    const images = new SharpImages(sharp)
    const image = await as('jpeg', await picture(1600, 1200))
    const all = await Promise.all(Array.from({ length: 8 }, () => images.fit(image, 'jpeg', SIZE)))
    expect(new Set(all).size).toBe(1)
    expect(images.remembered.images).toBe(1)
    await images.fit(image, 'jpeg', { width: 40, height: 30 })
    expect(images.remembered.images).toBe(2)
    expect(images.remembered.bytes).toBeLessThan((all[0]?.length ?? 0) * 2 + 400)
  })
})
