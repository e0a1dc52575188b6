import { describe, expect, test } from 'vitest'
import { beginSpan, childSpan, traceparent } from '../../src/gateway/trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

describe('beginSpan', () => {
  test('continues a recorded trace, whatever the case of the header’s name', () => {
    const span = beginSpan(['TraceParent', `00-${TRACE}-${PARENT}-01`], Math.random)
    expect(span).toMatchObject({ traceId: TRACE, parentId: PARENT, isNewTrace: false })
    expect(span?.spanId).toMatch(/^[0-9a-f]{16}$/)
  })

  test('takes what a later version appends', () => {
    expect(beginSpan(['traceparent', `01-${TRACE}-${PARENT}-03-more`], Math.random)?.traceId).toBe(TRACE)
  })

  test('adds nothing to a trace that is not recorded', () => {
    expect(beginSpan(['traceparent', `00-${TRACE}-${PARENT}-00`], Math.random)).toBeUndefined()
  })

  test.each([
    ['nothing', []],
    ['no ids', ['traceparent', 'garbage']],
    ['a forbidden version', ['traceparent', `ff-${TRACE}-${PARENT}-01`]],
    ['upper case', ['traceparent', `00-${TRACE.toUpperCase()}-${PARENT}-01`]],
    ['a trace of zeros', ['traceparent', `00-${'0'.repeat(32)}-${PARENT}-01`]],
    ['a parent of zeros', ['traceparent', `00-${TRACE}-${'0'.repeat(16)}-01`]],
  ])('begins a trace after %s', (_, headers) => {
    for (const random of [Math.random, () => 0, () => 1 - Number.EPSILON]) {
      const span = beginSpan(headers, random)
      expect(span).toMatchObject({ parentId: undefined, isNewTrace: true })
      expect(span?.traceId).toMatch(/^(?!0+$)[0-9a-f]{32}$/)
      expect(span?.spanId).toMatch(/^(?!0+$)[0-9a-f]{16}$/)
    }
  })
})

test('a child names its parent, and its own header', () => {
  const parent = beginSpan(['traceparent', `00-${TRACE}-${PARENT}-01`], Math.random)
  const child = childSpan(parent, Math.random)
  expect(child).toMatchObject({ traceId: TRACE, parentId: parent?.spanId })
  expect(child && traceparent(child)).toBe(`00-${TRACE}-${child?.spanId}-01`)
})
