import { describe, expect, it } from 'vitest'
import { MemoryExactStore } from '../../src/cache/memory-exact-store.ts'
import { exactStoreContract, remembered } from './exact-store.contract.ts'

describe('MemoryExactStore', () => {
  exactStoreContract(() => new MemoryExactStore(1 << 20))

  it('forgets what was used longest ago where its bound is reached', () => {
    const store = new MemoryExactStore(4000)
    for (const key of ['1', '2', '3']) store.remember(remembered(key, { body: new Uint8Array(200) }))
    store.find('1', 1500)
    store.remember(remembered('4', { body: new Uint8Array(200) }))
    expect(['1', '2', '3', '4'].filter((key) => store.find(key, 1500))).toEqual(['1', '3', '4'])
  })

  it('does not keep what alone is beyond its bound', () => {
    const store = new MemoryExactStore(4000)
    store.remember(remembered('1'))
    store.remember(remembered('2', { body: new Uint8Array(5000) }))
    expect([store.find('1', 1500)?.key, store.find('2', 1500)]).toEqual(['1', undefined])
  })
})
