/** A configuration counts once it has come to rest: what an editor has just emptied would be a valid, empty one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ParsedConfig } from '../../../src/config.ts'
import { followConfig } from '../../../src/platform/node/config-files.ts'

const TWO_LOOKS_MS = 500

let folder: string
let config: string
let told: ParsedConfig[]
let unfollow: () => void

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  folder = mkdtempSync(join(tmpdir(), 'trimtab-config-'))
  config = join(folder, 'trimtab.yaml')
  writeFileSync(config, 'listen: { port: 4001 }\n')
  told = []
  unfollow = followConfig({ config }, {}, (parsed) => told.push(parsed))
})

afterEach(() => {
  unfollow()
  vi.useRealTimers()
  rmSync(folder, { recursive: true })
})

const ports = (): unknown[] =>
  told.map((parsed) => (parsed.kind === 'config' ? parsed.config.listen.port : parsed.kind))

test('followConfig: a file that is empty at one look alone is not told', () => {
  for (let save = 1; save <= 5; save++) {
    writeFileSync(config, '')
    vi.advanceTimersByTime(TWO_LOOKS_MS / 2)
    writeFileSync(config, `listen: { port: ${5000 + save} }\n`)
    vi.advanceTimersByTime(TWO_LOOKS_MS / 2)
  }
  expect(ports()).toEqual([])
  vi.advanceTimersByTime(TWO_LOOKS_MS)
  expect(ports()).toEqual([5005])
})

test('followConfig: each state that stays is told once', () => {
  writeFileSync(config, 'listen: { port: 5001 }\n')
  vi.advanceTimersByTime(4 * TWO_LOOKS_MS)
  writeFileSync(config, '')
  vi.advanceTimersByTime(4 * TWO_LOOKS_MS)
  expect(ports()).toEqual([5001, 8787])
})

test('followConfig: a file that is gone leaves the old one in force', () => {
  rmSync(config)
  vi.advanceTimersByTime(4 * TWO_LOOKS_MS)
  writeFileSync(config, 'listen: { port: 5002 }\n')
  vi.advanceTimersByTime(TWO_LOOKS_MS)
  expect(ports()).toEqual([5002])
})
