/** Lays a small encoder out in the memory of its WebAssembly part (small-encoder.c, `Model`). */
import type { EncoderModel, Tensor } from './small-encoder-model.ts'

export interface EncoderExports {
  memory: WebAssembly.Memory
  __heap_base: WebAssembly.Global<'i32'>
  pack(from: number, to: number, out: number, inputs: number): void
  scratchBytes(model: number, tokens: number): number
  embed(model: number, ids: number, tokens: number, result: number, dimensions: number, scratch: number): void
}

const PAGE_BYTES = 65536
const ALIGNED = 16

/** Addresses that a call needs. */
export interface EncoderMemory {
  model: number
  ids: number
  result: number
  scratch: number
}

/** @param tokens most of a text */
export function layOut(
  exports: EncoderExports,
  model: EncoderModel,
  tokens: number,
  dimensions: number,
): EncoderMemory {
  const memory = new Layout(exports)
  const words = modelWords(memory, model)
  const at = memory.put(new Uint8Array(Uint32Array.from(words).buffer))
  const ids = memory.take(2 * tokens)
  const result = memory.take(4 * dimensions)
  return { model: at, ids, result, scratch: memory.take(exports.scratchBytes(at, tokens)) }
}

/** The struct `Model`, word by word. */
function modelWords(memory: Layout, { shape, tensor }: EncoderModel): number[] {
  const put = (name: string): number => memory.put(tensor(name).bytes)
  const dense = (name: string): number[] => [
    memory.putPacked(tensor(name)),
    put(`${name}.step`),
    put(`${name}.bias`),
  ]
  const norm = (name: string): number[] => [put(`${name}.scale`), put(`${name}.shift`)]
  const layer = (at: number): number[] => [
    ...['qkv', 'mix', 'grow', 'shrink'].flatMap((name) => dense(`${at}.${name}`)),
    ...['norm1', 'norm2'].flatMap((name) => norm(`${at}.${name}`)),
  ]
  return [
    ...[shape.width, shape.layers, shape.inner, shape.heads, shape.embedding, shape.bits],
    ...['tokens', 'tokens.step', 'positions'].map(put),
    ...dense('lift'),
    ...norm('norm'),
    ...dense('out'),
    ...Array.from({ length: shape.layers }, (_, at) => layer(at)).flat(),
  ]
}

/** Hands out memory from the heap's base on, and grows it; nothing is ever given back. */
class Layout {
  readonly #exports: EncoderExports
  #next: number

  constructor(exports: EncoderExports) {
    this.#exports = exports
    this.#next = exports.__heap_base.value
  }

  take(bytes: number): number {
    const at = Math.ceil(this.#next / ALIGNED) * ALIGNED
    this.#next = at + bytes
    this.#reach(this.#next)
    return at
  }

  put(bytes: Uint8Array): number {
    const at = this.take(bytes.length)
    new Uint8Array(this.#exports.memory.buffer).set(bytes, at)
    return at
  }

  /** Weights in the order that the kernel reads them. */
  putPacked({ bytes, shape }: Tensor): number {
    const at = this.take(bytes.length)
    const beyond = Math.ceil(this.#next / ALIGNED) * ALIGNED
    this.#reach(beyond + bytes.length)
    new Uint8Array(this.#exports.memory.buffer).set(bytes, beyond)
    const [out, inputs] = shape as [number, number]
    this.#exports.pack(beyond, at, out, inputs)
    return at
  }

  #reach(bytes: number): void {
    const missing = bytes - this.#exports.memory.buffer.byteLength
    if (missing > 0) this.#exports.memory.grow(Math.ceil(missing / PAGE_BYTES))
  }
}
