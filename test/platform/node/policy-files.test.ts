import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { nodePolicyFiles, readPolicyPaths } from '../../../src/platform/node/policy-files.ts'
import { PolicySource, type Reload } from '../../../src/policy/policy-source.ts'

vi.setConfig({ testTimeout: 30_000 })

let parent: string
let folder: string
let source: PolicySource
let reloads: Reload[]
let stop: () => void = () => undefined

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'trimtab-policies-'))
  folder = join(parent, 'policies')
  source = new PolicySource((text) => createHash('sha256').update(text).digest('hex'))
  reloads = []
})

afterEach(async () => {
  stop()
  await rm(parent, { recursive: true, force: true })
})

async function follow(): Promise<void> {
  stop = await source.follow(nodePolicyFiles(folder), (reload) => reloads.push(reload))
}

async function save(name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), text)
}

const retries = () => source.current().default.limits.retries
/** Waits for what a save should lead to; how long it took is not judged here. */
const becomes = (expected: number) =>
  vi.waitFor(() => expect(retries()).toBe(expected), { timeout: 10_000, interval: 20 })

describe('nodePolicyFiles', () => {
  test('reads *.yaml and *.yml, and neither other files nor hidden ones nor folders below', async () => {
    await save('a.yaml', '')
    await save('b.yml', '')
    await save('.c.yaml', '[')
    await save('d.yaml~', '[')
    await save('e.json', '[')
    await mkdir(join(folder, '.schema'))
    await writeFile(join(folder, '.schema', 'f.yaml'), '[')
    const files = await nodePolicyFiles(folder).read()
    expect(files.map((file) => file.path)).toEqual([join(folder, 'a.yaml'), join(folder, 'b.yml')])
  })

  test('a save is live, a broken one is told of while the old one serves, and its repair is live', async () => {
    await save('default.yaml', 'limits: { retries: 1 }')
    await follow()
    expect(retries()).toBe(1)
    await save('default.yaml', 'limits: { retries: 3 }')
    await becomes(3)
    await save('default.yaml', 'limits: { retries: three }')
    await vi.waitFor(
      () => expect(source.problems()).toMatchObject([{ line: 1, column: 20, severity: 'error' }]),
      10_000,
    )
    expect(retries()).toBe(3)
    await save('default.yaml', 'limits: { retries: 4 }')
    await becomes(4)
    expect(source.problems()).toEqual([])
  })

  test('a save by rename, of the same size, is live', async () => {
    await save('default.yaml', 'limits: { retries: 1 }')
    await follow()
    await writeFile(join(parent, 'new'), 'limits: { retries: 2 }')
    await rename(join(parent, 'new'), join(folder, 'default.yaml'))
    await becomes(2)
  })

  test('a symbolic link that is swapped is live', async () => {
    await mkdir(folder)
    await writeFile(join(parent, 'v1'), 'limits: { retries: 1 }')
    await writeFile(join(parent, 'v2'), 'limits: { retries: 2 }')
    await symlink(join(parent, 'v1'), join(folder, 'default.yaml'))
    await follow()
    expect(retries()).toBe(1)
    await symlink(join(parent, 'v2'), join(parent, 'link'))
    await rename(join(parent, 'link'), join(folder, 'default.yaml'))
    await becomes(2)
  })

  test('a folder that is not there yet serves the built-in default until it is', async () => {
    await follow()
    expect(reloads).toMatchObject([{ served: true, files: 0 }])
    await save('default.yaml', 'limits: { retries: 5 }')
    await becomes(5)
  })

  test('a folder that vanishes keeps its policies serving, and is followed again once it is back', async () => {
    await save('default.yaml', 'limits: { retries: 6 }')
    await follow()
    await rm(folder, { recursive: true })
    await vi.waitFor(() => expect(source.problems()[0]?.message).toContain('is gone'), 10_000)
    expect(retries()).toBe(6)
    await save('default.yaml', 'limits: { retries: 7 }')
    await becomes(7)
    expect(source.problems()).toEqual([])
  })

  test('a file that is removed takes its workflow along', async () => {
    await save('default.yaml', '')
    await save('support.yaml', '')
    await follow()
    expect(source.current().byWorkflow.has('support')).toBe(true)
    await rm(join(folder, 'support.yaml'))
    await vi.waitFor(() => expect(source.current().byWorkflow.has('support')).toBe(false), 10_000)
  })
})

describe('readPolicyPaths', () => {
  test('takes files and folders, each file once', async () => {
    await save('a.yaml', '')
    await save('b.yaml', '')
    const files = await readPolicyPaths([join(folder, 'b.yaml'), folder])
    expect(files.map((file) => file.path)).toEqual([join(folder, 'b.yaml'), join(folder, 'a.yaml')])
  })

  test('names the path that is not there', async () => {
    await expect(readPolicyPaths([join(parent, 'none.yaml')])).rejects.toThrow(/none\.yaml cannot be read/)
  })
})
