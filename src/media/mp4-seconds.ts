/** How long an MP4 file is (M4A among them): its head says so, which may stand at the end. */
import type { SoundSource } from './sound-source.ts'

interface Box {
  name: string
  /** First byte of what it holds, and one past its last. */
  start: number
  end: number
}

const MOST_BOXES = 200

/** Undefined where no head is found. */
export function mp4Seconds(sound: SoundSource): number | undefined {
  const film = boxIn(sound, { start: 0, end: sound.size }, 'moov')
  const head = film && boxIn(sound, film, 'mvhd')
  if (head === undefined) return undefined
  const bytes = sound.read(head.start, 32)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isLong = view.getUint8(0) === 1
  const unitsPerSecond = view.getUint32(isLong ? 20 : 12)
  const units = isLong ? Number(view.getBigUint64(24)) : view.getUint32(16)
  return unitsPerSecond > 0 ? units / unitsPerSecond : undefined
}

function boxIn(sound: SoundSource, { start, end }: Omit<Box, 'name'>, name: string): Box | undefined {
  for (let at = start, boxes = 0; at + 8 <= end && boxes < MOST_BOXES; boxes++) {
    const head = sound.read(at, 16)
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
    const size = view.getUint32(0)
    const headBytes = size === 1 ? 16 : 8
    const whole = size === 1 ? Number(view.getBigUint64(8)) : size === 0 ? end - at : size
    if (whole < headBytes) return undefined
    if (String.fromCharCode(...head.subarray(4, 8)) === name)
      return { name, start: at + headBytes, end: at + whole }
    at += whole
  }
  return undefined
}
