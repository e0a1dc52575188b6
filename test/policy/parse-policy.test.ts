/** Long because every mistake that a policy can hold has its row, with the words that an operator reads. */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import { problemLine } from '../../src/policy/problem.ts'
import { sha256, sound } from './support.ts'

const TIERS = 'tiers: { small: { use: a/b } }\n'

/** A broken policy, and what is said of it after the file's name. */
const BAD: readonly (readonly [text: string, ...lines: string[]])[] = [
  ['workflow: [a]', '1:11  `workflow` must be text that is not empty, not `["a"]`.'],
  ['workfow: x', '1:1  `workfow` is not a key here; did you mean `workflow`?'],
  ['workflow: auto', '1:11  `workflow` must not be `auto`, which as a model means the matched workflow.'],
  [
    'workflow: a/b',
    '1:11  `workflow` must be letters, digits, `.`, `_`, `:` or `-`, at most 100 of them, not `a/b`.',
  ],
  ['match:\n  key: [a]', '2:3  `match.key` is not a key here; did you mean `keys`?'],
  ['match:\n  keys: [*-bot]', '2:10  A text that begins with `*` must stand in quotes: "*-bot".'],
  [
    'match: { zzzzzz: 1 }',
    '1:10  `match.zzzzzz` is not a key here; the keys here are `keys`, `models`, `tags`, `metadata` or `clients`.',
  ],
  ['fallbck:\n  on: [429]', '1:1  `fallbck` is not a key here; did you mean `fallback`?'],
  [
    'tiers: { small: {} }',
    '1:17  `tiers.small` must have either `use` (models) or `collection` (documents).',
  ],
  [
    'tiers: { small: { use: a/b, weights: { cost: 1 } } }',
    '1:17  `tiers.small` must have the strategy `hybrid` where it has `weights`: `priority` weighs nothing.',
  ],
  [
    'tiers: { small: { use: a/b, strategy: hybrid, weights: { cost: 0 } } }',
    '1:17  `tiers.small` must have a weight above 0 under `weights`, or no `weights`: all alike.',
  ],
  [
    'tiers:\n  small: { use: { mdel: a/b } }',
    '2:19  `tiers.small.use.mdel` is not a key here; did you mean `model`?',
  ],
  [
    'tiers: { s: { use: [{ model: a/b, weight: 0 }] } }',
    '1:43  `tiers.s.use[0].weight` must be a number above 0, not `0`.',
  ],
  [
    'tiers: { s: { use: "a*b" } }',
    '1:20  `tiers.s.use` must be a model (`provider/model` or an alias), or `provider/*` for the model asked for, not `a*b`.',
  ],
  [
    'tiers:\n  s:\n    use: a/b\n    strategy: wieghted',
    '4:15  `tiers.s.strategy` must be `priority`, `weighted`, `prefix`, `least_busy`, `latency`, `usage`, `cost`, `hybrid` or `session`, not `wieghted`; did you mean `weighted`?',
  ],
  ['tiers:', '1:7  `tiers` must be a mapping of names to values, not an empty value.'],
  ['route: { mode: onn }', '1:16  `route.mode` must be `shadow` or `on`, not `onn`; did you mean `on`?'],
  ['route: x', '1:8  `route` must be a list of rules, or `{ mode, rules }`, not `x`.'],
  [`${TIERS}route:\n  - { to: smal }`, '3:11  There is no tier `smal`; did you mean `small`?'],
  [`${TIERS}route:\n  - { to: [small, docs] }`, '3:19  There is no tier `docs`; the tiers are small.'],
  [
    `${TIERS}route:\n  - { when: { has: imagee }, to: small }`,
    '3:20  `route[0].when.has` must be `image`, `audio`, `video` or `file`, not `imagee`; did you mean `image`?',
  ],
  [
    `${TIERS}route:\n  - { when: { token: { below: 5 } }, to: small }`,
    '3:15  `route[0].when.token` is not a key here; did you mean `tokens`?',
  ],
  [
    `${TIERS}route:\n  - { when: { tokens: { below: -5 } }, to: small }`,
    '3:32  `route[0].when.tokens.below` must be a whole number, 0 or more, not `-5`.',
  ],
  [`${TIERS}route:\n  - name: x`, '3:5  `route[0].to` is missing.'],
  [
    `${TIERS}route:\n  - { name: x, when: { tools: on }, to: small }\n  - { name: x, to: small }`,
    '4:13  The rule name `x` is here twice.',
  ],
  [
    `${TIERS}route:\n  - { when: { hour: { from: 2, to: 2 } }, to: small }`,
    '3:21  `route[0].when.hour` must have different hours in `from` and `to`.',
  ],
  [
    `${TIERS}route:\n  - { when: { hour: { from: 2, to: 3, time_zone: Europe/Berln } }, to: small }`,
    '3:50  `route[0].when.hour.time_zone` must be an IANA time zone such as `Europe/Berlin`, not `Europe/Berln`; did you mean `Europe/Berlin`?',
  ],
  [`${TIERS}route: [{ to: [] }]`, '2:15  `route[0].to` must name at least one tier.'],
  [
    'fallback: { on: [429, 5xxx] }',
    '1:23  `fallback.on[1]` must be a status from 400 to 599, `4xx`, `5xx`, `timeout`, `context_window` or `content_filter`, not `5xxx`; did you mean `5xx`?',
  ],
  [
    'fallback: { release: hole }',
    '1:22  `fallback.release` must be `first_content`, `whole` or `{ tokens: N }`, not `hole`; did you mean `whole`?',
  ],
  [
    'limits: { timeout: 10 }',
    '1:20  `limits.timeout` must be a duration such as `250ms`, `5s`, `10m` or `1h`, at most 24h, not `10`.',
  ],
  [
    'limits: { timeout: 48h }',
    '1:20  `limits.timeout` must be a duration such as `250ms`, `5s`, `10m` or `1h`, at most 24h, not `48h`.',
  ],
  [
    'limits: { connect: 0s }',
    '1:20  `limits.connect` must be a duration such as `250ms`, `5s`, `10m` or `1h`, at most 24h, not `0s`.',
  ],
  ['limits:\n  retries: two', '2:12  `limits.retries` must be a whole number from 0 to 10, not `two`.'],
  ['limits: { retries: 99 }', '1:20  `limits.retries` must be a whole number from 0 to 10, not `99`.'],
  [
    'cache: { exact: { mode: determinstic } }',
    '1:25  `cache.exact.mode` must be `off`, `shadow`, `deterministic` or `on`, not `determinstic`; did you mean `deterministic`?',
  ],
  [
    'cache: { semantic: { audit: 200% } }',
    '1:29  `cache.semantic.audit` must be a percentage from 0% to 100%, such as `2%`, not `200%`.',
  ],
  [
    'budgets: [{ per: year, limit: 5 usd }]',
    '1:18  `budgets[0].per` must be `day`, `week`, `month` or a rolling duration such as `24h`, not `year`.',
  ],
  [
    'budgets: [{ per: day, limit: 5 }]',
    '1:30  `budgets[0].limit` must be an amount such as `500 usd`, below 10 million, not `5`.',
  ],
  [
    'budgets: [{ per: day, limit: 5 usd, at: { 180%: notify } }]',
    '1:43  `budgets[0].at.180%` must be a percentage from 0% to 100%, such as `80%`, not `180%`.',
  ],
  [
    'budgets: [{ per: day, limit: 5 usd, at: { 80%: notfy } }]',
    '1:48  `budgets[0].at.80%` must be `notify`, `block` or `{ degrade: TIER }`, not `notfy`; did you mean `notify`?',
  ],
  [
    'budgets: [{ per: day, limit: 5 usd, at: { 80%: { degrade: small } } }]',
    '1:59  There is no tier `small`.',
  ],
  ['output: { max_tokens: 0 }', '1:23  `output.max_tokens` must be a whole number, 1 or more, not `0`.'],
  ['priority: high', '1:11  `priority` must be `interactive` or `batch`, not `high`.'],
  [
    'session: { stick: [modl] }',
    '1:20  `session.stick[0]` must be `model`, `account` or `replica`, not `modl`; did you mean `model`?',
  ],
  [
    'session: { switch_penalty: none }',
    '1:28  `session.switch_penalty` must be `auto`, `off` or an amount such as `0.01 usd`, not `none`.',
  ],
  ['escalate: maybe', '1:11  `escalate` must be `on`, `off` or `{ when, hold }`, not `maybe`.'],
  ['escalate: { hold: 32 words }', '1:19  `escalate.hold` must be `32 tokens` or `whole`, not `32 words`.'],
  [
    'escalate: { when: { confidence: { below: 2 } } }',
    '1:42  `escalate.when.confidence.below` must be a number from 0 to 1, not `2`.',
  ],
  [
    'escalate: { when: { refusd: on } }',
    '1:21  `escalate.when.refusd` is not a key here; did you mean `refused`?',
  ],
  [
    'canary: { policy: x, share: 5 }',
    '1:29  `canary.share` must be a percentage from 0% to 100%, such as `2%`, not `5`.',
  ],
  [
    'limits: { retries: x }\nroute: { mode: y }\nlimit: {}',
    '1:20  `limits.retries` must be a whole number from 0 to 10, not `x`.',
    '2:16  `route.mode` must be `shadow` or `on`, not `y`.',
    '3:1  `limit` is not a key here; did you mean `limits`?',
  ],
  ['limits: {}\nlimits: {}', '2:1  The key `limits` is here twice; keep one.'],
  ['limits: { retries: 1, retries: 2 }', '1:23  The key `retries` is here twice; keep one.'],
  ['limits: { retries: 1', '1:21  This is not valid YAML: the closing `}` is missing.'],
  ['tiers:\n\tsmall: x', '2:1  This is not valid YAML: Tabs are not allowed as indentation.'],
  ['workflow: a\n---\nworkflow: b', '2:1  The file holds several YAML documents; keep one policy a file.'],
  // The parser's own counter of lines misses the one that ends inside these quotes.
  [
    'tiers: {{}"\n  a: b\n',
    '1:9  A key must be a text, not a list or a mapping.',
    '3:1  This is not valid YAML: the closing `}` is missing.',
  ],
  ['? [a]\n: b', '1:3  A key must be a text, not a list or a mapping.'],
  ['- a', '1:1  The policy must be a mapping of keys to values, not `["a"]`.'],
  ['__proto__: {}', expect.stringMatching(/^1:1 {2}`__proto__` is not a key here/) as unknown as string],
  ['workflow: "\uFFFD"', '1:1  The file is not UTF-8 text; save it as UTF-8.'],
  [`workflow: ${'['.repeat(5000)}`, '1:1  The file is nested deeper than 100 levels.'],
  [`a: x\n${'#'.repeat(1 << 20)}`, '1:1  The file is larger than 1 MiB; split it or remove what it repeats.'],
  [
    'a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c]',
    '1:1  The file repeats its anchors more than 100 times; write the values out.',
  ],
]

describe('parsePolicy: a broken file', () => {
  test.each(BAD.map(([text, ...lines]) => ({ text, lines, said: lines[0] })))('$said', ({ text, lines }) => {
    const result = parsePolicy({ path: 'p.yaml', text }, sha256)
    const problems = 'problems' in result ? result.problems : []
    const errors = problems.filter((problem) => problem.severity === 'error')
    expect(errors.map((problem) => problemLine(problem).slice('p.yaml:'.length))).toEqual(lines)
  })

  test('holds the offending value as JSON', () => {
    const result = parsePolicy({ path: 'p.yaml', text: 'limits: { retries: two }' }, sha256)
    expect('problems' in result && result.problems[0]?.value).toBe('"two"')
  })

  test("a file's name that is no workflow's name needs `workflow`", () => {
    const result = parsePolicy({ path: 'policies/my policy.yaml', text: 'limits: {}' }, sha256)
    expect('problems' in result && result.problems[0]?.message).toContain('add `workflow: NAME`')
  })
})

const CONTRACT = `workflow: support
match: { keys: ["support-*"], models: [], tags: {}, metadata: {}, clients: [] }
tiers:
  docs: { collection: help-center, mode: quote, min_confidence: 0.9 }
  small: { use: [local/small, gpu/qwen3-4b], strategy: prefix }
  large: { use: [openai/gpt-5.5, { model: claude/claude-sonnet-5.5, weight: 2 }], strategy: hybrid, weights: { cost: 0.4, latency: 0.6 } }   # provider/* = the model asked for
route:
  mode: shadow                          # shadow | on; asking for the workflow by name always acts
  learn: off
  max_quality_loss: 2%
  rules:                                # first that matches
    - { name: images, when: { has: [image] }, to: large }
    - { name: easy, when: { difficulty: { below: 0.35 }, tokens: { below: 4000 } }, to: [docs, small, large], output: { max_tokens: 300 } }
    - { name: rest, to: large }
escalate: { when: { confidence: { below: 0.6 }, refused: on, invalid_json: on } }     # to the next in \`to\`
fallback: { on: [429, 5xx, timeout, context_window, content_filter] }
cache:
  exact: { mode: deterministic, ttl: 1h }             # off | shadow | deterministic | on
  semantic: { mode: shadow, ttl: 24h, max_wrong_rate: 0.5%, audit: 1% }   # off | shadow | on
session: { stick: [model, account, replica], idle: 1h }
prefix: { mode: auto }                                # auto | off | explicit
limits: { timeout: 10m, first_chunk: 5m, between_chunks: 5m, connect: 5s, retries: 2, hedge: off, concurrency: adaptive }
output: { max_tokens: 800 }
input: { minify_json: newest_turn }
priority: interactive                                 # interactive | batch
budgets:
  - { per: month, limit: 500 usd, at: { 80%: { degrade: small }, 100%: block } }
  - { per: day, each: user, limit: 2 usd }
canary: { policy: support-next, share: 5% }
baseline: openai/gpt-5.5                              # savings count against it; default: the model asked for, else the last tier
tests: [{ prompt: "How do I reset my password?", expect: { rule: easy, tier: docs } }]
`

describe("parsePolicy: the contract's example", () => {
  test('warns of a key that does nothing as it stands, at its place', () => {
    const { warnings } = sound(CONTRACT)
    expect(
      warnings.map(({ line, column, message }) => `${line}:${column} ${/`(.*?)`/.exec(message)?.[1]}`).sort(),
    ).toEqual(['10:3 route.max_quality_loss', '6:69 weight'])
  })

  test('gives the policy that acts', () => {
    const { policy, models } = sound(CONTRACT)
    expect(policy).toMatchObject({
      workflow: 'support',
      match: { keys: ['support-*'], models: [], clients: [] },
      route: { mode: 'shadow', rules: [{ name: 'images' }, { maxTokens: 300 }, { to: ['large'] }] },
      fallback: {
        on: [429, '5xx', 'timeout', 'context_window', 'content_filter'],
        release: { kind: 'first_content' },
      },
      limits: {
        timeoutMs: 600_000,
        firstChunkMs: 300_000,
        betweenChunksMs: 300_000,
        connectMs: 5000,
        retries: 2,
      },
      output: { maxTokens: 800 },
    })
    expect(policy.tiers.get('large')).toEqual({
      name: 'large',
      strategy: 'hybrid',
      weights: { cost: 0.4, latency: 0.6 },
      use: [
        { model: 'openai/gpt-5.5', weight: 1 },
        { model: 'claude/claude-sonnet-5.5', weight: 2 },
      ],
    })
    expect(policy.route.rules[1]?.when.difficulty).toEqual({ below: 0.35 })
    expect(models.map(({ name, line, column }) => `${line}:${column} ${name}`)).toEqual([
      '5:18 local/small',
      '5:31 gpu/qwen3-4b',
      '6:18 openai/gpt-5.5',
      '6:34 claude/claude-sonnet-5.5',
      '30:11 openai/gpt-5.5',
    ])
  })
})

describe('parsePolicy: escalate and session', () => {
  const TIERS = 'tiers: { small: { use: a/m }, large: { use: b/m } }\n'
  const usual = {
    confidenceBelow: undefined,
    refused: true,
    invalidJson: true,
    empty: true,
    loops: true,
    slowerThanMs: undefined,
    hold: { kind: 'tokens', count: 32 },
  }

  test.each([
    ['escalate: on', usual],
    ['escalate: true', usual],
    ['escalate:', usual],
    ['escalate: {}', usual],
    ['escalate: off', undefined],
    ['', undefined],
    [
      'escalate: { when: { confidence: { below: 0.6 }, loops: off, slower_than: 5s }, hold: 8 tokens }',
      {
        ...usual,
        confidenceBelow: 0.6,
        loops: false,
        slowerThanMs: 5000,
        hold: { kind: 'tokens', count: 8 },
      },
    ],
    ['escalate: { hold: whole }', { ...usual, hold: { kind: 'whole' } }],
  ])('%s', (text, escalate) => {
    const { policy, warnings } = sound(TIERS + text)
    expect(policy.escalate).toEqual(escalate)
    expect(warnings).toEqual([])
  })

  test('a budget that degrades to documents, before which there are no models, is warned of', () => {
    const { warnings } = sound(
      'tiers: { docs: { collection: help }, large: { use: a/m } }\nbudgets: [{ per: day, limit: 1 usd, at: { 80%: { degrade: docs } } }]',
    )
    expect(warnings.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual([
      '2:59 `docs` is a tier of documents, before which nothing is left out; name one of models.',
    ])
  })

  test('a weight that the strategy does not read is warned of, once a tier', () => {
    const { warnings } = sound(
      [
        'tiers:',
        '  one: { use: [{ model: a/m, weight: 3 }, { model: b/m, weight: 1 }] }',
        '  two: { strategy: hybrid, use: [a/m, { model: b/m, weight: 2 }] }',
        '  three: { strategy: weighted, use: [{ model: a/m, weight: 3 }, b/m] }',
        '  four: { use: { model: a/m } }',
      ].join('\n'),
    )
    expect(warnings.map(({ severity, line, message }) => [severity, line, message])).toEqual([
      [
        'warning',
        2,
        '`weight` does nothing here: the strategy `priority`, the default, does not read it; write `strategy: weighted`, or leave it out.',
      ],
      [
        'warning',
        3,
        '`weight` does nothing here: the strategy `hybrid` does not read it; write `strategy: weighted`, or leave it out.',
      ],
    ])
  })

  test('an escalation without a second tier is warned of', () => {
    const { warnings } = sound('tiers: { small: { use: a/m } }\nescalate: on')
    expect(warnings.map(({ message }) => message)).toEqual([
      '`escalate` does nothing here: no rule leads to a second tier of models.',
    ])
  })

  test('a session keeps its model for an hour unless it says otherwise', () => {
    expect(sound('session: {}').policy.session).toEqual({
      model: true,
      account: false,
      replica: false,
      idleMs: 3_600_000,
      switchPenalty: { kind: 'auto' },
    })
    const stated = 'session: { stick: [replica], idle: 5m, switch_penalty: 0.01 usd }'
    expect(sound(stated).policy.session).toMatchObject({
      model: false,
      replica: true,
      idleMs: 300_000,
      switchPenalty: { kind: 'fixed', nanoUsd: 10_000_000 },
    })
    expect(sound('session: { switch_penalty: off }').policy.session?.switchPenalty).toEqual({ kind: 'off' })
  })
})

test('parsePolicy: whatever is typed, every problem has a place in the file and a sentence', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    '*',
    '&a',
    '- ',
    '\n',
    '\n  ',
    '"',
    '!!x ',
    '? ',
    '#',
    '%',
    '|',
    '1e9',
    '~',
    '',
  )
  const slip = fc.record({ at: fc.nat(CONTRACT.length), cut: fc.nat(30), piece })
  fc.assert(
    fc.property(fc.array(slip, { minLength: 1, maxLength: 3 }), (slips) => {
      let text = CONTRACT
      for (const { at, cut, piece } of slips) text = text.slice(0, at) + piece + text.slice(at + cut)
      const result = parsePolicy({ path: 'p.yaml', text }, sha256)
      const lines = text.split('\n')
      for (const { line, column, message } of 'problems' in result ? result.problems : result.warnings) {
        expect(line).toBeGreaterThan(0)
        expect(column).toBeGreaterThan(0)
        expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1)
        expect(message).toMatch(/^\S.*[.?]$/)
      }
    }),
    { numRuns: 300 },
  )
})

describe('parsePolicy: a sound file', () => {
  test('an empty file or one of comments is a policy of defaults named after the file', () => {
    for (const text of ['', '# nothing\n', '{}', '\uFEFF# after a byte order mark\n']) {
      const { policy, warnings } = sound(text, 'policies/help.yml')
      expect(policy).toMatchObject({ workflow: 'help', source: 'policies/help.yml', limits: { retries: 2 } })
      expect(warnings).toEqual([])
    }
  })

  test('a list under route is short for mode on', () => {
    const { policy } = sound(`${TIERS}route:\n  - { to: small }`)
    expect(policy.route).toMatchObject({ mode: 'on', rules: [{ name: 'rule-1', to: ['small'] }] })
  })

  test('true and false are read as on and off where a mode is meant', () => {
    const { policy } = sound(
      `${TIERS}route:\n  mode: true\n  learn: false\n  rules: [{ when: { tools: false }, to: small }, { when: { tools: on }, to: small }]\ncache: { exact: { mode: false } }`,
    )
    expect(policy.route.mode).toBe('on')
    expect(policy.route.rules.map((rule) => rule.when.tools)).toEqual([false, true])
  })

  test('durations, causes, release and endpoints are read', () => {
    const { policy } = sound(
      `${TIERS}limits: { timeout: 1h, first_chunk: 1.5s, connect: 250ms }\nfallback: { on: 503, release: { tokens: 20 } }\nroute: [{ when: { endpoint: /v1/embeddings }, to: small }]`,
    )
    expect(policy.limits).toMatchObject({ timeoutMs: 3_600_000, firstChunkMs: 1500, connectMs: 250 })
    expect(policy.fallback).toEqual({ on: [503], release: { kind: 'tokens', count: 20 } })
    expect(policy.route.rules[0]?.when.endpoint).toEqual(['embeddings'])
  })

  test('an anchor may be used again', () => {
    const { policy } = sound('tiers:\n  a: { use: &model x/y }\n  b: { use: *model }')
    expect(policy.tiers.get('b')?.use).toEqual([{ model: 'x/y', weight: 1 }])
  })

  test('warns of a rule behind one that matches everything', () => {
    const { warnings } = sound(
      `${TIERS}route:\n  - { name: all, to: small }\n  - { name: late, when: { tools: on }, to: small }`,
    )
    expect(warnings.map(problemLine)).toEqual([
      'policies/support.yaml:4:5  warning: The rule `late` is never reached: `all` before it matches everything.',
    ])
  })

  test('warns of a range in which nothing lies', () => {
    const when = (condition: string) =>
      sound(`${TIERS}route:\n  - { when: { ${condition} }, to: small }`).warnings.map(
        ({ line, column, message }) => `${line}:${column} ${message}`,
      )
    const nothing: Readonly<Record<string, string>> = {
      'tokens: { below: 10, above: 20 }': 'No `tokens` is above 20 and below 10: the rule never matches.',
      'turns: { above: 5, below: 6 }': 'No `turns` is above 5 and below 6: the rule never matches.',
      'difficulty: { above: 0.9, below: 0.1 }':
        'No `difficulty` is above 0.9 and below 0.1: the rule never matches.',
      'tokens: { below: 0 }': 'No `tokens` is below 0: the rule never matches.',
    }
    for (const [condition, message] of Object.entries(nothing))
      expect(when(condition)).toEqual([`3:${15 + condition.indexOf('{')} ${message}`])
    for (const condition of [
      'tokens: { below: 1 }',
      'turns: { above: 5, below: 7 }',
      'difficulty: { above: 0.1, below: 0.11 }',
      'difficulty: { above: 1 }',
    ])
      expect(when(condition)).toEqual([])
  })

  test('warns of a semantic cache that may be wrong too often, where it acts', () => {
    const stated = (mode: string, rate: string) =>
      sound(`cache:\n  semantic: { mode: ${mode}, max_wrong_rate: ${rate} }`).warnings.map(problemLine)
    expect(stated('on', '7.5%')).toEqual([
      'policies/support.yaml:2:41  warning: `cache.semantic.max_wrong_rate` lets 7.5% of requests be answered wrongly: state 5% at most, or write `mode: shadow` to see first how often it would be wrong.',
    ])
    expect(stated('on', '5%')).toEqual([])
    expect(stated('shadow', '50%')).toEqual([])
  })

  test('the digest is that of the text', () => {
    expect(sound('limits: {}').policy.digest).toBe(sha256('limits: {}').slice(0, 16))
  })

  test.each(
    ['policies', 'examples/policies'].flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.yaml'))
        .map((name) => `${folder}/${name}`),
    ),
  )('%s has no problem and no warning', (path) => {
    expect(sound(readFileSync(path, 'utf8'), path).warnings).toEqual([])
  })
})
