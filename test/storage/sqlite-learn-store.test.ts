/** Labels and versions lie in a real `routing.db`: bounded, and seen by whoever else has it open. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freshStanding, type NewLabel } from '../../src/routing/learn/learn-store.ts'
import { rollBack } from '../../src/routing/learn/roll-back.ts'
import type { SqliteLearnStore } from '../../src/storage/sqlite-learn-store.ts'
import { openLearnStore, versionOf } from '../support/learn-store.ts'

const SCOPE = { workflow: 'support', pair: 'gpu/small > openai/large' }
const OTHER = { workflow: 'support', pair: 'gpu/tiny > openai/large' }
const SCHEME = 'words'
const LABEL: NewLabel = {
  at: 1,
  requestId: 'req_1',
  features: Uint8Array.from([1, 2, 3]),
  begunAt: 'large',
  agrees: true,
}

let folder: string
const opened: Database.Database[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-learn-'))
})

afterEach(() => {
  for (const database of opened.splice(0)) database.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(): Promise<SqliteLearnStore> {
  const { database, store } = await openLearnStore(join(folder, 'routing.db'))
  opened.push(database)
  return store
}

function accept(store: SqliteLearnStore, at: number): number {
  return store.change(SCOPE, SCHEME, (writer) => {
    if (writer.standing.inForce > 0) writer.setStatus(writer.standing.inForce, 'replaced', at)
    const number = writer.addVersion(versionOf(SCHEME, at), Float32Array.from([at, 0.25, -1]))
    writer.save({ ...writer.standing, inForce: number })
    return number
  })
}

describe('the store', () => {
  test('gives labels back as they were, those of one scope and scheme', async () => {
    const store = await open()
    store.change(SCOPE, SCHEME, (writer) => {
      writer.addLabel(LABEL)
      writer.addLabel({ ...LABEL, agrees: false, features: Uint8Array.from([4]) })
      writer.addLabel({ ...LABEL, agrees: undefined })
    })
    store.change(OTHER, SCHEME, (writer) => writer.addLabel(LABEL))
    store.change(SCOPE, 'others', (writer) => writer.addLabel(LABEL))
    const labels = store.labels(SCOPE, SCHEME, 0, 100)
    expect(labels.map(({ agrees }) => agrees)).toEqual([true, false, undefined])
    expect(Uint8Array.from(labels[1]?.features ?? [])).toEqual(Uint8Array.from([4]))
    expect(store.labels(SCOPE, SCHEME, labels[0]?.id ?? 0, 1)).toHaveLength(1)
    expect(store.count(SCOPE, SCHEME, labels[0]?.id ?? 0)).toBe(2)
    expect(store.newestLabel()).toBe(5)
  })

  test('keeps the newest four thousand labels, and a hundred more at most', async () => {
    const store = await open()
    store.change(SCOPE, SCHEME, (writer) => {
      for (let label = 0; label < 4500; label++) writer.addLabel({ ...LABEL, at: label })
    })
    expect(store.count(SCOPE, SCHEME, 0)).toBe(4000)
    store.change(SCOPE, SCHEME, (writer) => {
      for (let label = 0; label < 99; label++) writer.addLabel(LABEL)
    })
    expect(store.count(SCOPE, SCHEME, 0)).toBe(4099)
    expect(store.labels(SCOPE, SCHEME, 0, 1)[0]?.id).toBe(501)
  })

  test('keeps weights to the bit, and the newest ten versions', async () => {
    const store = await open()
    for (let at = 1; at <= 12; at++) expect(accept(store, at)).toBe(at)
    expect(store.versions(SCOPE).map(({ number }) => number)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect(store.weights(SCOPE, 12)).toEqual(Float32Array.from([12, 0.25, -1]))
    expect(store.versions(SCOPE).at(-1)).toEqual({ ...versionOf(SCHEME, 12), number: 12 })
    expect(store.weights(SCOPE, 1)).toBeUndefined()
  })

  test('keeps nothing of a change that failed', async () => {
    const store = await open()
    const failing = (): void =>
      store.change(SCOPE, SCHEME, (writer) => {
        writer.addLabel(LABEL)
        writer.save({ ...freshStanding(), labels: 1 })
        throw new Error('no')
      })
    expect(failing).toThrow('no')
    expect(store.scopes()).toEqual([])
    expect(store.count(SCOPE, SCHEME, 0)).toBe(0)
  })

  test('tells what another connection wrote, and not what it wrote itself', async () => {
    const [one, other] = [await open(), await open()]
    one.changedElsewhere()
    accept(one, 1)
    expect(one.changedElsewhere()).toBe(false)
    expect(other.changedElsewhere()).toBe(true)
    expect(other.changedElsewhere()).toBe(false)
    expect(other.standing(SCOPE)?.inForce).toBe(1)
  })

  test('forgets a workflow with all its pairs, and no other', async () => {
    const store = await open()
    accept(store, 1)
    store.change(OTHER, SCHEME, (writer) => writer.addLabel(LABEL))
    store.change({ ...SCOPE, workflow: 'another' }, SCHEME, (writer) => writer.save(freshStanding()))
    expect(store.forget('support')).toEqual({ labels: 1, versions: 1 })
    expect(store.scopes()).toEqual([{ ...SCOPE, workflow: 'another' }])
  })
})

describe('rollBack', () => {
  test('goes to the version before, then to none, then says that there is none', async () => {
    const store = await open()
    accept(store, 1)
    accept(store, 2)
    expect(rollBack(store, SCOPE, undefined, 9)).toEqual({ kind: 'rolled back', from: 2, to: 1 })
    expect(store.versions(SCOPE).map(({ status }) => status)).toEqual(['in force', 'rolled back'])
    expect(rollBack(store, SCOPE, undefined, 9)).toEqual({ kind: 'rolled back', from: 1, to: 0 })
    expect(rollBack(store, SCOPE, undefined, 9)).toEqual({ kind: 'nothing in force' })
    expect(rollBack(store, SCOPE, 7, 9)).toEqual({ kind: 'no such version' })
    expect(rollBack(store, SCOPE, 2, 9)).toEqual({ kind: 'rolled back', from: 0, to: 2 })
  })

  test('has the next version held to labels that are yet to come', async () => {
    const store = await open()
    accept(store, 1)
    store.change(SCOPE, SCHEME, (writer) => writer.addLabel(LABEL))
    rollBack(store, SCOPE, 0, 9)
    expect(store.standing(SCOPE)).toMatchObject({ inForce: 0, lookedAt: 1 })
  })
})
