/** What a program prints, as lines for a log: of bounded length, without what would steer a terminal. */
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

const MOST_CHARACTERS = 2_000

/** Calls back with each line that is not empty, the last one too where no line break ends it. */
export function followLines(stream: Readable, line: (text: string) => void): void {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const tell = (raw: string): void => {
    const text = plainText(raw)
    if (text !== '') line(text)
  }
  stream.on('data', (bytes: Buffer) => {
    // A progress bar returns the carriage and never breaks the line.
    const parts = (rest + decoder.write(bytes)).split(/\r\n|\n|\r/)
    rest = (parts.pop() ?? '').slice(0, MOST_CHARACTERS + 1)
    for (const part of parts) tell(part)
  })
  stream.on('close', () => tell(rest))
  // Its end is all that a broken pipe tells.
  stream.on('error', () => {})
}

function plainText(raw: string): string {
  const text = raw
    .replace(/\p{Cc}\[[\d;?]*[A-Za-z]/gu, '')
    .replace(/[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, ' ')
    .trim()
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text
}
