import { describe, expect, it } from 'vitest'
import { usageFromWire } from '../../src/metering/usage.ts'
import { readAnswer } from '../../src/openai/read-answer.ts'
import { readAnswerTail } from '../../src/openai/read-answer-tail.ts'
import { readStreamEvent } from '../../src/openai/read-stream-event.ts'
import { usageBlock } from '../../src/openai/usage-block.ts'

const USAGE = { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 }
const FLEX = { ...USAGE, service_tier: 'flex' }

describe('usageBlock', () => {
  it('takes the service tier in that stands beside the usage', () => {
    expect(usageBlock({ usage: USAGE, service_tier: 'flex' })).toEqual(FLEX)
    expect(usageBlock({ x_groq: { usage: USAGE }, service_tier: 'flex' })).toEqual(FLEX)
  })

  it('lets the usage have its own tier, and needs none', () => {
    expect(usageBlock({ usage: { ...USAGE, service_tier: 'batch' }, service_tier: 'flex' })).toEqual({
      ...USAGE,
      service_tier: 'batch',
    })
    expect(usageBlock({ usage: USAGE, service_tier: null })).toBe(USAGE)
    expect(usageBlock({ usage: null, service_tier: 'flex' })).toBeUndefined()
  })

  it('reaches the meter from a whole answer, the end of a large one, and a stream', () => {
    const choices = [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }]
    const answer = JSON.stringify({ id: 'c', choices, usage: USAGE, service_tier: 'flex' }, null, 2)
    const whole = readAnswer(new TextEncoder().encode(answer))
    expect(whole.kind === 'answer' && usageFromWire(whole.usage)?.terms).toEqual({ serviceTier: 'flex' })
    const { usage } = readAnswerTail(new TextEncoder().encode(answer.slice(20)))
    expect(usage).toEqual(FLEX)
    const last = readStreamEvent(JSON.stringify({ choices: [], usage: USAGE, service_tier: 'flex' }))
    expect(last.kind === 'chunk' && last.usage).toEqual(FLEX)
  })
})
