/** The WebAssembly part of the small encoder, for runtimes that may compile bytes (Workers may not: they import it). */
import { ARITHMETIC } from './encoder-arithmetic-bytes.ts'

export function encoderArithmetic(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(Uint8Array.from(atob(ARITHMETIC), (letter) => letter.charCodeAt(0)))
}
