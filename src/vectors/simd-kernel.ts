/** The loops of a search in WebAssembly with SIMD. */
import { plainKernel } from './plain-kernel.ts'
import { SIMD_KERNEL } from './simd-kernel-bytes.ts'
import type { VectorKernel } from './vector-kernel.ts'

const PAGE_BYTES = 1 << 16
/** 4 GiB: what 32-bit addresses reach. Address space only; pages are taken as they are grown into. */
const MOST_PAGES = 65_536

type Loops = Pick<VectorKernel, 'near' | 'keep' | 'dots'>

/** The fastest loops that this runtime lets us have. */
export function vectorKernel(): VectorKernel {
  return simdKernel() ?? plainKernel()
}

/** Undefined where the runtime compiles no WebAssembly (Workers) or knows no SIMD. */
export function simdKernel(): VectorKernel | undefined {
  try {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES })
    const bytes = Uint8Array.from(atob(SIMD_KERNEL), (character) => character.charCodeAt(0))
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { trimtab: { memory } })
    const { near, keep, dots } = instance.exports as unknown as Loops
    return {
      name: 'simd',
      memory: {
        get buffer() {
          return memory.buffer as ArrayBuffer
        },
        grow(bytes) {
          memory.grow(Math.ceil(bytes / PAGE_BYTES))
        },
      },
      near,
      keep,
      dots,
    }
  } catch {
    return undefined
  }
}
