/** Makes images smaller with sharp, in libvips' threads; what was made is remembered by what it was made of. */
import type sharp from 'sharp'
import type { Size } from '../../media/fitted-size.ts'
import type { ImageFitter } from '../../media/image-fitter.ts'
import type { ImageHeader } from '../../media/image-header.ts'

/** Conversations send their images with every turn. */
const MOST_REMEMBERED_BYTES = 64 * 1024 * 1024
/** Of an image that stays as it is: its name alone. */
const NAME_BYTES = 200
/** Of its threads Node has four, which files and addresses are read by, too. */
const MOST_AT_ONCE = 2
/** A larger one may be a bomb: a few kilobytes that unfold into gigabytes. */
const MOST_PIXELS = 64_000_000
const JPEG_QUALITY = 90

export class SharpImages implements ImageFitter {
  readonly #sharp: typeof sharp
  /** Longest unused first; undefined: it stays as it is. */
  readonly #made = new Map<string, string | undefined>()
  readonly #underWay = new Map<string, Promise<string | undefined>>()
  readonly #waiting: (() => void)[] = []
  #bytes = 0
  #running = 0

  constructor(loaded: typeof sharp) {
    this.#sharp = loaded
    // One thread an image, and no memory beside the one here.
    loaded.concurrency(1)
    loaded.cache(false)
  }

  /** How many are remembered, and the bytes that they take. */
  get remembered(): { images: number; bytes: number } {
    return { images: this.#made.size, bytes: this.#bytes }
  }

  async fit(base64: string, format: ImageHeader['format'], size: Size): Promise<string | undefined> {
    const bytes = Buffer.from(base64, 'base64')
    const digest = await crypto.subtle.digest('SHA-256', bytes)
    const name = `${Buffer.from(digest).toString('base64')} ${size.width}x${size.height}`
    if (this.#made.has(name)) return this.#recall(name)
    const known = this.#underWay.get(name)
    if (known !== undefined) return known
    const making = this.#inTurn(() => this.#make(bytes, format, size)).then((made) => {
      this.#underWay.delete(name)
      this.#remember(name, made)
      return made
    })
    this.#underWay.set(name, making)
    return making
  }

  async #make(
    bytes: Buffer,
    format: ImageHeader['format'],
    { width, height }: Size,
  ): Promise<string | undefined> {
    try {
      const smaller = this.#sharp(bytes, { limitInputPixels: MOST_PIXELS, sequentialRead: true })
        .resize(width, height, { fit: 'fill' })
        // Which way is up, and what its colours mean.
        .keepMetadata()
      const made = await encoded(smaller, format).toBuffer()
      return made.length < bytes.length ? made.toString('base64') : undefined
    } catch {
      // Its provider will say what is wrong with it.
      return undefined
    }
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= MOST_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#running++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }

  #recall(name: string): string | undefined {
    const made = this.#made.get(name)
    this.#made.delete(name)
    this.#made.set(name, made)
    return made
  }

  #remember(name: string, made: string | undefined): void {
    this.#made.set(name, made)
    this.#bytes += NAME_BYTES + (made?.length ?? 0)
    for (const [oldest, its] of this.#made) {
      if (this.#bytes <= MOST_REMEMBERED_BYTES) return
      this.#made.delete(oldest)
      this.#bytes -= NAME_BYTES + (its?.length ?? 0)
    }
  }
}

function encoded(image: sharp.Sharp, format: ImageHeader['format']): sharp.Sharp {
  switch (format) {
    case 'jpeg':
      return image.jpeg({ quality: JPEG_QUALITY, chromaSubsampling: '4:4:4' })
    case 'webp':
      return image.webp({ quality: JPEG_QUALITY })
    case 'png':
      return image.png()
  }
}
