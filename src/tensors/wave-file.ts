/** WAV files (RIFF): how long they are, and their samples as numbers. */
import { TensorFault } from './tensor-fault.ts'

export interface WaveFile {
  sampleRate: number
  channels: number
  bitsPerSample: number
  /** Numbers with a fraction, not whole ones. */
  isFloat: boolean
  data: Uint8Array
  seconds: number
}

const PCM = 1
const FLOAT = 3
const EXTENSIBLE = 0xfffe

/** Undefined where the bytes are no WAV file, or its format is not known. */
export function readWave(bytes: Uint8Array): WaveFile | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.byteLength < 12 || word(bytes, 0) !== 'RIFF' || word(bytes, 8) !== 'WAVE') return undefined
  let format: Pick<WaveFile, 'sampleRate' | 'channels' | 'bitsPerSample' | 'isFloat'> | undefined
  for (let at = 12; at + 8 <= bytes.byteLength; ) {
    const size = view.getUint32(at + 4, true)
    const start = at + 8
    if (word(bytes, at) === 'fmt ' && start + 16 <= bytes.byteLength) format = formatAt(view, start, size)
    // Recorders that stream write a length that is not known yet as the largest there is.
    if (word(bytes, at) === 'data' && format !== undefined) {
      const data = bytes.subarray(start, Math.min(start + size, bytes.byteLength))
      const frameBytes = (format.channels * format.bitsPerSample) / 8
      return { ...format, data, seconds: Math.floor(data.byteLength / frameBytes) / format.sampleRate }
    }
    at = start + size + (size % 2)
  }
  return undefined
}

/** From -1 to 1, channels averaged. @throws TensorFault for a width that is not known */
export function samplesOf({ channels, bitsPerSample, isFloat, data }: WaveFile): Float32Array {
  const sample = reader(bitsPerSample, isFloat)
  const width = bitsPerSample / 8
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const samples = new Float32Array(Math.floor(data.byteLength / (channels * width)))
  for (let index = 0; index < samples.length; index++) {
    let sum = 0
    for (let channel = 0; channel < channels; channel++)
      sum += sample(view, (index * channels + channel) * width)
    samples[index] = sum / channels
  }
  return samples
}

function formatAt(view: DataView, at: number, size: number) {
  const code = view.getUint16(at, true)
  const kind = code === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : code
  const channels = view.getUint16(at + 2, true)
  const sampleRate = view.getUint32(at + 4, true)
  const bitsPerSample = view.getUint16(at + 14, true)
  const isKnown = (kind === PCM || kind === FLOAT) && channels > 0 && sampleRate > 0 && bitsPerSample >= 8
  return isKnown ? { sampleRate, channels, bitsPerSample, isFloat: kind === FLOAT } : undefined
}

function reader(bits: number, isFloat: boolean): (view: DataView, at: number) => number {
  if (isFloat && bits === 32) return (view, at) => view.getFloat32(at, true)
  if (isFloat && bits === 64) return (view, at) => view.getFloat64(at, true)
  if (!isFloat && bits === 8) return (view, at) => (view.getUint8(at) - 128) / 128
  if (!isFloat && bits === 16) return (view, at) => view.getInt16(at, true) / 0x8000
  if (!isFloat && bits === 24)
    return (view, at) => ((view.getUint16(at, true) << 8) | (view.getUint8(at + 2) << 24)) / 0x80000000
  if (!isFloat && bits === 32) return (view, at) => view.getInt32(at, true) / 0x80000000
  throw new TensorFault(`samples of ${bits} bits are not known`)
}

function word(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4))
}
