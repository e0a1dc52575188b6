/** Dependencies point down (design: rooms). Reads the imports of every source file; a room that looks up is named with its line. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../src', import.meta.url))

/** Highest first; rooms of one floor don't know each other. */
const FLOORS: readonly (readonly string[])[] = [
  ['cli', 'worker'],
  ['node'],
  ['commands', 'assemble'],
  ['catalog'],
  ['app', 'runtime'],
  ['platform'],
  ['http'],
  ['gateway', 'storage', 'config'],
  ['replay'],
  ['policy'],
  ['routing', 'cache', 'knowledge'],
  ['vectors'],
  ['embedding'],
  ['providers'],
  ['metering', 'access', 'conversion', 'reading'],
  ['media'],
  ['anthropic', 'tensors'],
  ['openai'],
  ['setting-values'],
  ['nearest-name', 'errors', 'fault-log', 'forget-oldest', 'keep-keys'],
]

/** Rooms that run wherever JavaScript does. */
const RUNTIME_FREE = [
  'gateway',
  'replay',
  'policy',
  'routing',
  'cache',
  'knowledge',
  'vectors',
  'embedding',
  'providers',
  'metering',
  'access',
  'conversion',
  'reading',
  'media',
  'anthropic',
  'tensors',
  'openai',
  'config',
  'http',
]

interface Import {
  file: string
  line: number
  target: string
}

const imports = sourceFiles(root).flatMap(importsOf)

describe('dependencies', () => {
  test('every room has a floor', () => {
    const rooms = new Set(sourceFiles(root).map((file) => roomOf(file)))
    expect([...rooms].filter((room) => floorOf(room) < 0)).toEqual([])
  })

  test('point down, and never sideways between rooms of one floor', () => {
    const wrong = imports
      .filter(({ target }) => target.startsWith('.'))
      .map((found) => ({ ...found, from: roomOf(found.file), to: roomOf(resolved(found)) }))
      .filter(({ from, to }) => from !== to && floorOf(to) <= floorOf(from))
      .map(({ file, line, to }) => `${file}:${line} imports ${to}`)
    expect(wrong).toEqual([])
  })

  test('rooms below the platform know no runtime, no web framework and no database', () => {
    const forbidden = /^(node:|@hono\/|drizzle-orm|better-sqlite3|undici|cloudflare:|wrangler)/
    const wrong = imports
      .filter(({ file, target }) => RUNTIME_FREE.includes(roomOf(file)) && forbidden.test(target))
      .map(({ file, line, target }) => `${file}:${line} imports ${target}`)
    expect(wrong).toEqual([])
  })

  test('rooms below the platform name no global of Node', () => {
    const wrong = sourceFiles(root)
      .filter((file) => RUNTIME_FREE.includes(roomOf(file)))
      .flatMap((file) =>
        code(file).flatMap((line, index) =>
          /\b(?:Buffer\.|process\.|setImmediate\(|require\()/.test(line)
            ? [`${file}:${index + 1} ${line.trim()}`]
            : [],
        ),
      )
    expect(wrong).toEqual([])
  })

  test('only http, the adapters of its ports and the entries know Hono', () => {
    const wrong = imports
      .filter(({ target }) => /^(hono|@hono\/)/.test(target))
      .filter(
        ({ file }) => !['http', 'platform', 'app', 'assemble', 'catalog', 'worker'].includes(roomOf(file)),
      )
      .map(({ file, line }) => `${file}:${line}`)
    expect(wrong).toEqual([])
  })
})

describe('shape', () => {
  test('the journey page is at most 60 lines', () => {
    expect(lines(join(root, 'gateway/complete.ts')).length).toBeLessThanOrEqual(60)
  })

  test('no file is longer than 250 lines without a reason at its head', () => {
    const long = sourceFiles(root)
      .filter((file) => lines(join(root, file)).length > 250)
      .filter((file) => !/long because/i.test(lines(join(root, file)).slice(0, 5).join('\n')))
    expect(long).toEqual([])
  })

  test('every file says in its first lines what it is', () => {
    const silent = sourceFiles(root).filter((file) => {
      const [first = '', second = ''] = lines(join(root, file))
      return !(first.startsWith('#!') ? second : first).startsWith('/**')
    })
    expect(silent).toEqual([])
  })

  test('no file re-exports another', () => {
    const barrels = sourceFiles(root).filter((file) =>
      code(file).some((line) => /^export (\*|\{[^}]*\}) from/.test(line)),
    )
    expect(barrels).toEqual([])
  })
})

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.split('\\').join('/'))
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8')
  const pattern =
    /(?:^|\n)\s*(?:import|export)[^'"\n]*(?:\n[^'"]*?)?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g
  return [...text.matchAll(pattern)].map((match) => ({
    file,
    line: text.slice(0, match.index + match[0].length).split('\n').length,
    target: match[1] ?? match[2] ?? match[3] ?? '',
  }))
}

function resolved({ file, target }: Import): string {
  return posix.normalize(posix.join(dirname(file), target))
}

/** The folder under `src`, or the name of a file directly in it. */
function roomOf(file: string): string {
  const [first = ''] = relative('.', file).split('/')
  return first.replace(/\.ts$/, '')
}

function floorOf(room: string): number {
  return FLOORS.findIndex((floor) => floor.includes(room))
}

function lines(path: string): string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n')
}

/** Without comments, so that prose about `process.` is no finding. */
function code(file: string): string[] {
  return readFileSync(join(root, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .split('\n')
    .map((line) => line.replace(/\/\/.*$/, ''))
}
