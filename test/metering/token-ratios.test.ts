import { describe, expect, it } from 'vitest'
import { TokenRatios } from '../../src/metering/token-ratios.ts'

function taught(workflow: string, bytesPerToken: number, times: number, ratios = new TokenRatios()) {
  for (let time = 0; time < times; time++) ratios.learn(workflow, bytesPerToken * 100, 100)
  return ratios
}

describe('TokenRatios', () => {
  it('start at four bytes a token', () => {
    expect(new TokenRatios().bytesPerToken('support')).toBe(4)
  })

  it('learn each workflow apart, quickly at first', () => {
    const ratios = taught('code', 3, 10)
    taught('prose', 6, 10, ratios)
    expect(ratios.bytesPerToken('code')).toBeGreaterThan(2.99)
    expect(ratios.bytesPerToken('code')).toBeLessThan(3.2)
    expect(ratios.bytesPerToken('prose')).toBeGreaterThan(5.7)
    expect(ratios.bytesPerToken('prose')).toBeLessThan(6.01)
  })

  it('tell a new workflow by all that the installation has seen', () => {
    const ratios = taught('code', 3, 200)
    expect(ratios.bytesPerToken('new')).toBeCloseTo(3, 1)
  })

  it('follow a workflow that changes: what it sent lately decides', () => {
    const ratios = taught('support', 6, 1000)
    taught('support', 2, 200, ratios)
    expect(ratios.bytesPerToken('support')).toBeLessThan(2.1)
  })

  it.each([
    ['nothing', 400, 0],
    ['more than anybody wrote', 400, 1e12],
    ['next to nothing', 1e6, 1],
    ['no number', 400, Number.NaN],
  ])('learn nothing from a count of %s', (_, bytes, tokens) => {
    const ratios = new TokenRatios()
    ratios.learn('support', bytes, tokens)
    expect(ratios.learned()).toEqual([])
    expect(ratios.bytesPerToken('support')).toBe(4)
  })

  it('keep a thousand workflows and forget the oldest, whatever names callers make up', () => {
    const ratios = new TokenRatios()
    for (let index = 0; index < 1500; index++) ratios.learn(`workflow ${index}`, 300, 100)
    const kept = ratios.learned().map(({ workflow }) => workflow)
    expect(kept).toHaveLength(1000)
    expect(kept[0]).toBe('workflow 500')
  })

  it('recall what an earlier process learned, and keep what was learned since', () => {
    const earlier = taught('quiet', 3, 50)
    taught('busy', 3, 2, earlier)
    const ratios = taught('busy', 8, 20)
    ratios.recall(earlier.learned())
    expect(ratios.bytesPerToken('quiet')).toBe(earlier.bytesPerToken('quiet'))
    expect(ratios.bytesPerToken('busy')).toBeGreaterThan(7)
    expect(ratios.bytesPerToken('new')).toBeLessThan(5)
  })
})
