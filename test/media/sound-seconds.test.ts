/** How long files of sound are by their heads, from bytes and from base64. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { soundSeconds, toldSeconds } from '../../src/media/sound-seconds.ts'
import { base64Source, bytesSource } from '../../src/media/sound-source.ts'
import { flac, m4a, mp3, ogg, wave } from '../support/sounds.ts'

const FRAME_SECONDS = 1152 / 44_100

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

describe('toldSeconds', () => {
  it.each<[string, Uint8Array, number, number]>([
    ['WAV', wave(12.5), 12.5, 0.001],
    ['WAV at 8 kHz', wave(60, 8000), 60, 0.001],
    ['MP3 at one rate', mp3(400), 400 * FRAME_SECONDS, 0.05],
    ['MP3 that counts its frames', mp3(40, { counted: true }), 40 * FRAME_SECONDS, 1e-9],
    ['MP3 behind a cover', mp3(400, { tagBytes: 200_000 }), 400 * FRAME_SECONDS, 0.05],
    ['Opus', ogg('opus', 48_000 * 33, 48_000), 33, 1e-9],
    ['Vorbis', ogg('vorbis', 44_100 * 5, 44_100), 5, 1e-9],
    ['M4A', m4a(90_000, 1000, false), 90, 1e-9],
    ['M4A with its head at the end', m4a(44_100 * 7, 44_100, true), 7, 1e-9],
    ['FLAC', flac(44_100 * 3, 44_100), 3, 1e-9],
  ])('%s', (_, bytes, seconds, within) => {
    expect(Math.abs((toldSeconds(bytesSource(bytes)) ?? 0) - seconds)).toBeLessThanOrEqual(within)
    expect(toldSeconds(base64Source(base64(bytes))) ?? 0).toBeCloseTo(toldSeconds(bytesSource(bytes)) ?? 0, 3)
  })

  it('reads every stretch of base64 as the bytes that it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(70), fc.nat(70), (bytes, from, length) => {
        const read = base64Source(base64(bytes)).read(from, length)
        expect([...read]).toEqual([...bytes.subarray(from, from + length)])
      }),
      { numRuns: 500 },
    )
  })

  it('says nothing of what it does not know, and of files that are cut', () => {
    for (const bytes of [new Uint8Array(), Uint8Array.of(1, 2, 3), new Uint8Array(5000).fill(0xff)])
      expect(toldSeconds(bytesSource(bytes))).toBeUndefined()
    const whole = [
      wave(1),
      mp3(9, { counted: true }),
      ogg('opus', 48_000, 48_000),
      m4a(9, 1, false),
      flac(1000, 8000),
    ]
    for (const bytes of whole)
      for (let end = 0; end < 40; end++)
        expect(() => toldSeconds(bytesSource(bytes.subarray(0, end)))).not.toThrow()
  })

  it('never throws and never hangs, whatever the bytes are', () => {
    const heads = ['RIFF____WAVE', 'fLaC', 'OggS', '____ftyp', 'ID3', '\xff\xfb\x90\xc0', '']
    fc.assert(
      fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 300 }), (head, rest) => {
        const seconds = soundSeconds(bytesSource(Uint8Array.from([...Buffer.from(head, 'latin1'), ...rest])))
        expect(seconds).toBeGreaterThanOrEqual(0)
        expect(Number.isFinite(seconds)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })
})

it('takes no sound for shorter, and none for longer, than its bytes can be', () => {
  const bytes = wave(100)
  // Its head claims a thousand times the rate.
  new DataView(bytes.buffer).setUint32(28, 32_000_000, true)
  expect(soundSeconds(bytesSource(bytes))).toBeCloseTo(bytes.length / 192_000, 3)
  const endless = m4a(4_000_000_000, 1, false)
  expect(soundSeconds(bytesSource(endless))).toBeCloseTo(endless.length / 250, 3)
})
