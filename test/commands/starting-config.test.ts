import { describe, expect, test } from 'vitest'
import { startingConfig } from '../../src/commands/starting-config.ts'
import { configSchema } from '../../src/config/schema.ts'
import { type ParsedConfig, parseConfig } from '../../src/config.ts'

const parse = (text: string, environment = {}): ParsedConfig =>
  parseConfig({ file: { path: 'conf/t.yaml', text }, environment, flags: {} })

describe('startingConfig', () => {
  test('is sound as it stands, without any variable', () => {
    const parsed = parse(startingConfig({ policies: './policies', data: undefined }))
    expect(parsed).toMatchObject({
      kind: 'config',
      warnings: [],
      config: { policies: 'conf/policies', data: 'conf/data', discoverProviders: true },
    })
  })

  test('is sound with every key switched on, and has them all', () => {
    const text = startingConfig({ policies: './policies', data: undefined })
    const switchedOn = text.replace(/^#(?=[a-z_]+:| {2}[a-z]+:)/gm, '')
    expect(parse(switchedOn, { OPENAI_API_KEY: 'sk-0123456789' })).toMatchObject({
      kind: 'config',
      warnings: [],
      config: {
        defaultProvider: 'openai',
        providers: [{ name: 'openai' }, { name: 'gpu' }, { name: 'local' }],
      },
    })
    const shown = [...switchedOn.matchAll(/^([a-z_]+):/gm)].map(([, key]) => key)
    const keys = Object.keys(configSchema.shape)
    expect(shown.toSorted()).toEqual(keys.toSorted())
  })

  test.each(['../pol', '/srv/pol', './with space: and #', './1e3'])(
    'names the folder %s so that it is read back',
    (folder) => {
      const parsed = parse(startingConfig({ policies: folder, data: folder }))
      const expected = folder.startsWith('/') ? folder : `conf/${folder.replace(/^\.\//, '')}`
      expect(parsed).toMatchObject({ kind: 'config', config: { policies: expected, data: expected } })
    },
  )
})
