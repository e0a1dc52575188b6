/** Files of lines: read one after the other, or written so that a file is there whole or not at all. */
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { createInterface } from 'node:readline'
import { Failure } from '../../errors.ts'

export interface FileLine {
  /** From 1. */
  number: number
  text: string
}

const WRITTEN_AT_ONCE = 1 << 20
/** Remembered answers are nobody else's business. */
const OWNER_ONLY = 0o600

/** Empty lines are left out. @throws Failure `invalid_request` where the file cannot be read */
export async function* linesOf(path: string): AsyncGenerator<FileLine> {
  const lines = createInterface({
    input: createReadStream(path, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  })
  let number = 0
  try {
    for await (const text of lines) {
      number++
      if (text.trim() !== '') yield { number, text }
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Failure('invalid_request', `The file ${path} cannot be read: ${reason}`)
  }
}

/** @throws Failure `invalid_request` where the file is there already or cannot be written */
export function writeLines(path: string, lines: Iterable<string>): void {
  if (existsSync(path)) {
    throw new Failure('invalid_request', `${path} is there already: name another file.`)
  }
  const aside = `${path}.${process.pid}.tmp`
  try {
    const file = openSync(aside, 'wx', OWNER_ONLY)
    try {
      let text = ''
      for (const line of lines) {
        text += `${line}\n`
        if (text.length < WRITTEN_AT_ONCE) continue
        writeAll(file, text)
        text = ''
      }
      writeAll(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(aside, path)
  } catch (error) {
    rmSync(aside, { force: true })
    const reason = error instanceof Error ? error.message : String(error)
    throw new Failure('invalid_request', `The file ${path} cannot be written: ${reason}`)
  }
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
}
