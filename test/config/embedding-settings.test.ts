/** `embedding`: what is meant where little is said, and what is refused with where and what to do. */
import { expect, test } from 'vitest'
import { configProblemLine } from '../../src/config/config-problems.ts'
import { type ConfigSources, type ParsedConfig, parseConfig } from '../../src/config.ts'
import { Secret } from '../../src/providers/secret.ts'

function parse(text: string, more: Partial<ConfigSources> = {}): ParsedConfig {
  return parseConfig({ file: { path: 'conf/trimtab.yaml', text }, environment: {}, flags: {}, ...more })
}

function settings(parsed: ParsedConfig): unknown {
  if (parsed.kind === 'refused') throw new Error(parsed.problems.map(configProblemLine).join('\n'))
  return parsed.config.embedding
}

function refusal(parsed: ParsedConfig): string {
  if (parsed.kind === 'config') throw new Error('was accepted')
  const errors = parsed.problems.filter(({ severity }) => severity === 'error')
  expect(errors).toHaveLength(1)
  return errors.map(configProblemLine).join('\n')
}

const LOCAL = { model: 'minilm', dtype: undefined, pooling: 'mean', threads: 1, timeoutMs: 250 }

test('without a word it is MiniLM where its model is on disk', () => {
  expect(settings(parse(''))).toEqual({ use: 'auto', local: LOCAL })
})

test.each(['static', 'encoder'])('%s ships, and takes no other key', (use) => {
  expect(settings(parse(`embedding: { use: ${use} }`))).toEqual({ use })
  expect(refusal(parse(`embedding: { use: ${use}, threads: 2 }`))).toContain(
    `must not stand where embedding.use is \`${use}\``,
  )
})

test('a folder in the file counts from the file, one in a variable from the working directory', () => {
  const text =
    'embedding: { use: transformers, model: ./bge, pooling: cls, dtype: fp32, threads: 2, timeout: 1s }'
  const local = { model: 'conf/./bge', dtype: 'fp32', pooling: 'cls', threads: 2, timeoutMs: 1000 }
  expect(settings(parse(text))).toEqual({ use: 'transformers', local })
  const environment = { TRIMTAB_EMBEDDING_MODEL: './bge', TRIMTAB_EMBEDDING_THREADS: '4' }
  expect(settings(parse('', { environment }))).toEqual({
    use: 'auto',
    local: { ...LOCAL, model: './bge', threads: 4 },
  })
})

test('a server, its key kept out of what is printed', () => {
  const text = `embedding: { use: remote, base_url: "http://gpu:8080/v1/", model: m, api_key: "\${KEY}", dimensions: 384 }`
  const read = settings(parse(text, { environment: { KEY: 'sk-hidden-0123' } }))
  expect(read).toEqual({
    use: 'remote',
    remote: {
      dialect: 'openai',
      baseUrl: { origin: 'http://gpu:8080', path: '/v1' },
      model: 'm',
      apiKey: expect.any(Secret),
      dimensions: 384,
      timeoutMs: 1000,
    },
  })
  expect(JSON.stringify(read)).not.toContain('hidden')
})

test('TEI serves one model, which need not be named', () => {
  const text = 'embedding: { use: remote, dialect: tei, base_url: "http://gpu:8080", dimensions: 384 }'
  expect(settings(parse(text))).toMatchObject({ remote: { dialect: 'tei', model: '' } })
})

test.each([
  ['{ use: remotely }', '`embedding.use` must be `auto`, `static`, `encoder`, `transformers` or `remote`'],
  [
    '{ use: static, model: minilm }',
    '1:34  `embedding.model` must not stand where embedding.use is `static`',
  ],
  ['{ base_url: "http://gpu/v1" }', 'must not stand where embedding.use is `auto`: it is about `remote`.'],
  [
    '{ use: remote, model: m, dimensions: 3 }',
    '`embedding` needs `base_url`: state where the server answers',
  ],
  ['{ use: remote, base_url: "http://gpu/v1", dimensions: 3 }', '`embedding` needs `model`'],
  ['{ use: remote, base_url: "http://gpu/v1", model: m }', '`embedding` needs `dimensions`: state how many'],
  [
    '{ use: remote, base_url: "gpu", model: m, dimensions: 3 }',
    '`embedding.base_url` must be an address like https://host/v1.',
  ],
  ['{ timeout: 2m }', '`embedding.timeout` must be a duration'],
])('refuses %s', (written, message) => {
  expect(refusal(parse(`embedding: ${written}`))).toContain(message)
})

test('refuses a process of its own where the platform starts none', () => {
  const parsed = parse('embedding: { use: transformers }', { startsProcesses: false })
  expect(refusal(parsed)).toContain('must not be `transformers` on this platform')
})
