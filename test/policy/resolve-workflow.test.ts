import { describe, expect, test } from 'vitest'
import { Failure } from '../../src/errors.ts'
import { type Asked, resolveWorkflow } from '../../src/policy/resolve-workflow.ts'
import { policySet } from './support.ts'

const SET = policySet({
  'p/10-agents.yaml': 'workflow: agents\nmatch: { clients: ["claude-cli/*"] }',
  'p/20-support.yaml': 'workflow: support\nmatch: { keys: ["support-*"] }\ntiers: { small: { use: a/b } }',
  'p/30-coding.yaml': 'workflow: coding\nmatch: { models: ["*codex*"], tags: { team: [dev, "ops-*"] } }',
  'p/40-digest.yaml': 'workflow: digest\nmatch: { metadata: { job: "daily-*" } }',
  'p/50-named.yaml': 'workflow: named',
  'p/60-late.yaml': 'workflow: late\nmatch: { clients: ["claude-cli/1*"] }',
})

const NOTHING: Asked = {
  header: undefined,
  model: 'gpt-5.5',
  keyName: undefined,
  allowedWorkflows: undefined,
  tags: {},
  metadata: {},
  client: undefined,
}

function resolved(asked: Partial<Asked>) {
  const { workflow, policy, modelNamesWorkflow } = resolveWorkflow(SET, { ...NOTHING, ...asked })
  return `${workflow} by ${policy.workflow}${modelNamesWorkflow ? ', model named it' : ''}`
}

function refused(asked: Partial<Asked>): Failure {
  try {
    resolveWorkflow(SET, { ...NOTHING, ...asked })
  } catch (error) {
    if (error instanceof Failure) return error
  }
  throw new Error('was not refused')
}

describe('resolveWorkflow: whose request it is', () => {
  test.each<[string, Partial<Asked>, string]>([
    ['nothing said is the default', {}, 'default by default'],
    [
      'the header first',
      { header: 'named', client: 'claude-cli/2', tags: { team: 'dev' } },
      'named by named',
    ],
    [
      'a header without a policy is a label',
      { header: 'nightly', client: 'claude-cli/2' },
      'nightly by default',
    ],
    ['then the model', { model: 'named', client: 'claude-cli/2' }, 'named by named, model named it'],
    [
      'auto is the matched one',
      { model: 'auto', client: 'claude-cli/2' },
      'agents by agents, model named it',
    ],
    [
      'auto under a header is the header',
      { model: 'auto', header: 'named' },
      'named by named, model named it',
    ],
    ['header and model may agree', { model: 'named', header: 'named' }, 'named by named, model named it'],
    ['auto as a header says nothing', { header: 'auto', client: 'claude-cli/2' }, 'agents by agents'],
    ['clients match in any case', { client: 'Claude-CLI/2.1' }, 'agents by agents'],
    ['the first file wins', { client: 'claude-cli/1.0' }, 'agents by agents'],
    ['everything stated must hold', { model: 'codex-mini', tags: { team: 'sales' } }, 'default by default'],
    [
      'one value of a list suffices',
      { model: 'gpt-codex-mini', tags: { team: 'ops-eu' } },
      'coding by coding',
    ],
    ['metadata match', { metadata: { job: 'daily-eu' } }, 'digest by digest'],
    ['metadata that are no text do not', { metadata: { job: { daily: 1 } } }, 'default by default'],
    [
      'inherited names are no tags',
      { model: 'codex', tags: Object.create({ team: 'dev' }) },
      'default by default',
    ],
    ['the built-in default is no model', { model: 'default' }, 'default by default'],
    [
      'a missing model matches no model glob',
      { model: undefined, tags: { team: 'dev' } },
      'default by default',
    ],
  ])('%s', (_, asked, expected) => {
    expect(resolved(asked)).toBe(expected)
  })

  test('header and model that name different workflows are refused', () => {
    expect(refused({ header: 'named', model: 'support' })).toMatchObject({
      code: 'invalid_request',
      param: 'model',
    })
    expect(refused({ header: 'some-label', model: 'support' }).message).toContain('`some-label`')
  })

  test('only a model acts in shadow; a header is a label', () => {
    expect(resolveWorkflow(SET, { ...NOTHING, header: 'named' }).askedByName).toBe(false)
    expect(resolveWorkflow(SET, { ...NOTHING, model: 'named' }).askedByName).toBe(true)
  })
})

describe('resolveWorkflow: what a key may use', () => {
  test('a key named in match.keys is of that workflow', () => {
    expect(resolved({ keyName: 'support-eu' })).toBe('support by support')
    expect(resolved({ keyName: 'other' })).toBe('default by default')
  })

  test.each<[string, Partial<Asked>]>([
    ['by header', { header: 'named' }],
    ['by a label', { header: 'nightly' }],
    ['by model', { model: 'coding' }],
  ])('a key named in match.keys may use no other %s', (_, asked) => {
    const failure = refused({ keyName: 'support-eu', ...asked })
    expect(failure).toMatchObject({ code: 'workflow_not_allowed', status: 403 })
    expect(failure.message).toContain('it may use support.')
  })

  test('a match that the key may not use is passed over', () => {
    expect(resolved({ keyName: 'support-eu', client: 'claude-cli/2' })).toBe('support by support')
  })

  test('workflows given to the key bind it, labels included', () => {
    expect(resolved({ keyName: 'k', allowedWorkflows: ['nightly'], header: 'nightly' })).toBe(
      'nightly by default',
    )
    expect(refused({ keyName: 'k', allowedWorkflows: ['nightly'] }).code).toBe('workflow_not_allowed')
    expect(refused({ keyName: 'k', allowedWorkflows: ['nightly'], model: 'support' }).code).toBe(
      'workflow_not_allowed',
    )
    expect(refused({ keyName: 'k', allowedWorkflows: [], header: 'nightly' }).message).toContain(
      'it may use none.',
    )
  })
})
