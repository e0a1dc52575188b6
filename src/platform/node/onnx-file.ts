/** The head of an ONNX file, which says by which version of the format it is to be read. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs'

/** What the ONNX runtime 1.14 reads, which @xenova/transformers 2 brings. */
const NEWEST_READ = 8
/** Protobuf: field 1, a number. */
const IR_VERSION_TAG = 0x08

/**
 * Lowers a newer version to the newest that can be read. Versions 9 and 10 only add types of numbers (float8, int4): a file
 * that has none of them is the same under 8, and one that has some is refused when it is loaded.
 * @returns the version that was there, where it was lowered
 */
export function lowerIrVersion(path: string): number | undefined {
  const file = openSync(path, 'r+')
  try {
    const head = Buffer.alloc(2)
    readSync(file, head, 0, 2, 0)
    const [tag = 0, version = 0] = head
    if (tag !== IR_VERSION_TAG || version <= NEWEST_READ || version > 10) return undefined
    writeSync(file, Buffer.of(NEWEST_READ), 0, 1, 1)
    return version
  } finally {
    closeSync(file)
  }
}
