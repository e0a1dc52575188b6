import { describe, expect, it } from 'vitest'
import { messagesModelFacts } from '../../src/anthropic/model-facts.ts'

describe('messagesModelFacts', () => {
  it.each([
    ['claude-3-haiku-20240307', 'none', 'both', false, 'omit'],
    ['claude-3-5-sonnet-20241022', 'none', 'both', false, 'omit'],
    ['claude-3-7-sonnet-latest', 'budget', 'both', false, 'omit'],
    ['claude-sonnet-4-20250514', 'budget', 'both', false, 'omit'],
    ['claude-opus-4-1-20250805', 'budget', 'one', false, 'omit'],
    ['anthropic/claude-sonnet-4.5', 'budget', 'one', false, 'omit'],
    ['claude-haiku-4-5-20251001', 'budget', 'one', false, 'omit'],
    ['us.anthropic.claude-opus-4-6-v1', 'adaptive', 'one', false, 'omit'],
    ['claude-opus-4-7', 'adaptive', 'none', false, 'omit'],
    ['claude-opus-4-8', 'adaptive', 'none', true, 'omit'],
    ['claude-opus-5', 'adaptive', 'none', true, 'disabled'],
    ['claude-sonnet-5@20260601', 'adaptive', 'none', true, 'disabled'],
    ['claude-haiku-5-5', 'adaptive', 'none', true, 'disabled'],
    ['claude-sonnet-5-5', 'adaptive', 'none', true, 'between_tools'],
    ['claude-opus-5-5', 'adaptive', 'none', true, undefined],
    ['claude-fable-5-1', 'adaptive', 'none', true, undefined],
    ['claude-mythos-preview', 'adaptive', 'none', true, undefined],
    ['kimi-k2', 'budget', 'both', false, 'omit'],
  ])('knows %s', (model, thinking, sampling, systemWithin, withoutThinking) => {
    expect(messagesModelFacts(model)).toMatchObject({ thinking, sampling, systemWithin, withoutThinking })
  })
})
