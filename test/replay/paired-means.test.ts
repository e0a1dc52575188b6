import { describe, expect, it } from 'vitest'
import { PairedMeans } from '../../src/replay/paired-means.ts'
import { seeded } from '../support/seeded.ts'

/** Long requests go to `large` alone but for a few; `small` writes 0.7 of what `large` does. */
function measured(): PairedMeans {
  const random = seeded(3)
  const means = new PairedMeans()
  for (let number = 0; number < 4000; number++) {
    const isLong = random() < 0.5
    const goesSmall = isLong ? random() < 0.1 : random() < 0.9
    const length = (isLong ? 1000 : 100) * (0.5 + random())
    means.add(goesSmall ? 'small' : 'large', isLong ? 'long' : 'short', length * (goesSmall ? 0.7 : 1))
  }
  return means
}

describe('PairedMeans.ratio', () => {
  it('compares requests alike, whatever each target mostly gets', () => {
    const means = measured()
    const { ratio, error, from } = means.ratio('large', 'small')
    expect(from).toBe('alike')
    expect(Math.abs(Math.log(ratio / 0.7))).toBeLessThan(3 * error)
    expect(error).toBeLessThan(0.05)
    // What each has on average says a fifth: it gets other requests.
    expect((means.mean('small', 'none') ?? 0) / (means.mean('large', 'none') ?? 1)).toBeLessThan(0.3)
    expect(means.ratio('small', 'large').ratio).toBeCloseTo(1 / ratio, 10)
  })

  it('says so where only unlike requests tell, and where nothing does', () => {
    const means = new PairedMeans()
    for (let number = 0; number < 40; number++) {
      means.add('a', 'one', 100)
      means.add('b', 'other', 50)
    }
    const { ratio, error, from } = means.ratio('a', 'b')
    expect({ ratio, from }).toEqual({ ratio: 0.5, from: 'all' })
    expect(error).toBeCloseTo(Math.log(2) / 2)
    expect(means.ratio('a', 'never seen')).toMatchObject({ ratio: 1, from: 'none' })
    expect(means.ratio('a', 'a')).toEqual({ ratio: 1, error: 0, from: 'alike' })
  })
})

describe('PairedMeans.mean', () => {
  it('is that of the kind where enough were seen, else of all', () => {
    const means = new PairedMeans()
    for (let number = 0; number < 20; number++) means.add('a', 'one', 100)
    means.add('a', 'other', 310)
    expect([means.mean('a', 'one'), means.mean('a', 'other'), means.mean('b', 'one')]).toEqual([
      100,
      110,
      undefined,
    ])
  })
})
