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
    input: path === STANDARD ? process.stdin : createReadStream(path, 'utf8'),
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

/** As a file's name, standard output or input. */
const STANDARD = '-'
const STANDARD_OUTPUT = 1
const FULL_PIPE_PAUSE_MS = 5

/** @throws Failure `invalid_request` where the file is there already or cannot be written */
export async function writeLines(path: string, lines: AsyncIterable<string>): Promise<void> {
  if (path === STANDARD) return printLines(lines)
  if (existsSync(path)) {
    throw new Failure('invalid_request', `${path} is there already: name another file.`)
  }
  const aside = `${path}.${process.pid}.tmp`
  try {
    const file = openSync(aside, 'wx', OWNER_ONLY)
    try {
      for await (const piece of pieces(lines)) writeAll(file, piece)
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

/** A reader that has seen enough, `head` for instance, ends it. */
async function printLines(lines: AsyncIterable<string>): Promise<void> {
  try {
    for await (const piece of pieces(lines)) writeAll(STANDARD_OUTPUT, piece)
  } catch (error) {
    if (codeOf(error) !== 'EPIPE') throw error
  }
}

async function* pieces(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let text = ''
  for await (const line of lines) {
    text += `${line}\n`
    if (text.length < WRITTEN_AT_ONCE) continue
    yield text
    text = ''
  }
  yield text
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(file, bytes, written)
    } catch (error) {
      // A pipe that does not wait for its reader: this does.
      if (codeOf(error) !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_PAUSE_MS)
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
