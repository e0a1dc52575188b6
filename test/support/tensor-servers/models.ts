/** Models for the doubles: small functions whose answers tell what came. */
import type { Declared, Given } from './triton-tensors.ts'

export interface DoubleModel {
  inputs: readonly Declared[]
  outputs: readonly Declared[]
  /** With the batch dimension first; 0: the model knows none. */
  maxBatchSize: number
  run(inputs: ReadonlyMap<string, Given>): ReadonlyMap<string, Given>
}

/** A text that a model fails on. */
export const POISON = 'POISON'
export const DIMENSIONS = 8

/** Different for every text, of any length. */
export function vectorOf(text: string): number[] {
  const vector = new Array<number>(DIMENSIONS).fill(0)
  for (const [index, character] of [...text].entries()) {
    const at = index % DIMENSIONS
    vector[at] = ((vector[at] ?? 0) * 31 + (character.codePointAt(0) ?? 0)) % 997
  }
  return vector.map((value) => Math.fround(value / 997))
}

/** Share of the query's words that the document has. */
export function scoreOf(query: string, document: string): number {
  const words = query.toLowerCase().split(/\W+/).filter(Boolean)
  return words.filter((word) => document.toLowerCase().includes(word)).length / Math.max(1, words.length)
}

export const LABELS = ['hate', 'violence', 'self-harm'] as const

export function scoresOf(text: string): number[] {
  return LABELS.map((label) => Math.fround(text.includes(label) ? 0.9 : 0.1))
}

function text(name: string): Declared {
  return { name, datatype: 'BYTES', shape: [-1, 1] }
}

export const MODELS: Readonly<Record<string, DoubleModel>> = {
  embedder: {
    inputs: [text('TEXT')],
    outputs: [
      { name: 'VECTOR', datatype: 'FP32', shape: [-1, DIMENSIONS] },
      { name: 'TOKENS', datatype: 'INT32', shape: [-1, 1] },
    ],
    maxBatchSize: 32,
    run(inputs) {
      const texts = textsIn(inputs, 'TEXT')
      return new Map([
        ['VECTOR', { shape: [texts.length, DIMENSIONS], values: texts.flatMap(vectorOf) }],
        ['TOKENS', { shape: [texts.length, 1], values: texts.map((one) => one.split(' ').length) }],
      ])
    },
  },
  guard: {
    inputs: [text('TEXT')],
    outputs: [{ name: 'SCORES', datatype: 'FP32', shape: [-1, LABELS.length] }],
    maxBatchSize: 32,
    run(inputs) {
      const texts = textsIn(inputs, 'TEXT')
      return new Map([['SCORES', { shape: [texts.length, LABELS.length], values: texts.flatMap(scoresOf) }]])
    },
  },
  ranker: {
    inputs: [text('QUERY'), text('DOCUMENT')],
    outputs: [{ name: 'SCORE', datatype: 'FP32', shape: [-1, 1] }],
    maxBatchSize: 8,
    run(inputs) {
      const documents = textsIn(inputs, 'DOCUMENT')
      const queries = textsIn(inputs, 'QUERY')
      const values = documents.map((one, index) => scoreOf(queries[index] ?? '', one))
      return new Map([['SCORE', { shape: [values.length, 1], values }]])
    },
  },
  whisper: {
    inputs: [text('WAV')],
    outputs: [text('TRANSCRIPT')],
    maxBatchSize: 4,
    run(inputs) {
      const files = inputs.get('WAV')?.values ?? []
      const values = files.map((file) => `${Buffer.from(file as Buffer).byteLength} bytes were heard`)
      return new Map([['TRANSCRIPT', { shape: [values.length, 1], values }]])
    },
  },
  seer: {
    inputs: [text('IMAGE')],
    outputs: [
      { name: 'VECTOR', datatype: 'FP32', shape: [-1, DIMENSIONS] },
      { name: 'SCORES', datatype: 'FP32', shape: [-1, LABELS.length] },
      text('SEEN'),
    ],
    maxBatchSize: 8,
    run(inputs) {
      const images = (inputs.get('IMAGE')?.values ?? []).map((image) => seenIn(image as Buffer))
      const rows = images.length
      return new Map([
        ['VECTOR', { shape: [rows, DIMENSIONS], values: images.flatMap(vectorOf) }],
        ['SCORES', { shape: [rows, LABELS.length], values: images.flatMap(scoresOf) }],
        ['SEEN', { shape: [rows, 1], values: images }],
      ])
    },
  },
  listener: {
    inputs: [{ name: 'SAMPLES', datatype: 'FP32', shape: [1, -1] }],
    outputs: [{ name: 'TEXT', datatype: 'BYTES', shape: [1] }],
    maxBatchSize: 0,
    run(inputs) {
      const samples = (inputs.get('SAMPLES')?.values ?? []) as number[]
      const loudest = Math.max(...samples.map(Math.abs))
      return new Map([
        ['TEXT', { shape: [1], values: [`${samples.length} samples up to ${loudest.toFixed(2)}`] }],
      ])
    },
  },
  tickets: {
    inputs: [
      text('SUBJECT'),
      { name: 'AGE', datatype: 'INT32', shape: [-1, 1] },
      { name: 'WEIGHTS', datatype: 'FP32', shape: [-1, 3] },
    ],
    outputs: [
      { name: 'QUEUE', datatype: 'BYTES', shape: [-1, 1] },
      { name: 'SHARES', datatype: 'FP32', shape: [-1, 3] },
    ],
    maxBatchSize: 16,
    run(inputs) {
      const [subject = ''] = textsIn(inputs, 'SUBJECT')
      const [age = 0] = (inputs.get('AGE')?.values ?? []) as number[]
      const weights = (inputs.get('WEIGHTS')?.values ?? []) as number[]
      const sum = weights.reduce((total, weight) => total + weight, 0)
      return new Map([
        ['QUEUE', { shape: [1, 1], values: [`${subject.includes('bill') ? 'billing' : 'support'}-${age}`] }],
        ['SHARES', { shape: [1, 3], values: weights.map((weight) => weight / sum) }],
      ])
    },
  },
}

/** A PNG's width and height, as its first bytes have them. */
function seenIn(image: Buffer): string {
  if (image.toString('latin1', 1, 4) !== 'PNG') throw new Error('this is no PNG')
  return `${image.readUInt32BE(16)} by ${image.readUInt32BE(20)}`
}

function textsIn(inputs: ReadonlyMap<string, Given>, name: string): string[] {
  const texts = (inputs.get(name)?.values ?? []).map(String)
  if (texts.some((one) => one.includes(POISON))) throw new Error('a text is more than this model bears')
  return texts
}
