import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { inOneRead, untilReadIsTaken } from '../../../src/platform/node/one-read.ts'

/** Notes what is written at once. */
class Noting extends Writable {
  readonly writes: string[] = []

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.writes.push(chunk.toString())
    done()
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.writes.push(chunks.map(({ chunk }) => chunk).join(''))
    done()
  }
}

function write(to: Writable, text: string): void {
  untilReadIsTaken(to)
  to.write(text)
}

it('writes what one read brought in one go, to each of its callers', () => {
  const [one, other] = [new Noting(), new Noting()]
  inOneRead(() => {
    write(one, 'a')
    write(other, 'x')
    write(one, 'b')
    expect([one.writes, other.writes]).toEqual([[], []])
  })
  expect([one.writes, other.writes]).toEqual([['ab'], ['x']])
  inOneRead(() => write(one, 'c'))
  expect(one.writes).toEqual(['ab', 'c'])
})

it('writes at once where nothing is read', () => {
  const one = new Noting()
  write(one, 'a')
  write(one, 'b')
  expect(one.writes).toEqual(['a', 'b'])
})

it('lets go of what was written where taking the read fails', () => {
  const one = new Noting()
  const take = (): void => {
    write(one, 'a')
    throw new Error('broken')
  }
  expect(() => inOneRead(take)).toThrow('broken')
  expect(one.writes).toEqual(['a'])
  write(one, 'b')
  expect(one.writes).toEqual(['a', 'b'])
})
