/** What is billed by something else than tokens: speech by the second, pictures each, text to speech by the character. */

const UNITS = ['audio_seconds', 'images', 'characters'] as const

export type Unit = (typeof UNITS)[number]

export type Units = Record<Unit, number>

export function noUnits(): Units {
  return { audio_seconds: 0, images: 0, characters: 0 }
}
