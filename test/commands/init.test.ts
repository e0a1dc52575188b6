import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { init } from '../../src/commands/init.ts'
import { sound } from '../policy/support.ts'

async function run(disk: Map<string, string>, refuse?: string) {
  const out: string[] = []
  const errors: string[] = []
  const code = await init(
    {
      configPath: 'trimtab.yaml',
      policiesFolder: 'policies',
      folders: { policies: './policies', data: undefined },
      policyTemplate: readFileSync('policies/default.yaml', 'utf8'),
      createFile: async (path, text) => {
        if (path === refuse) throw new Error('EACCES: permission denied')
        if (disk.has(path)) return false
        disk.set(path, text)
        return true
      },
    },
    { out: (line) => out.push(line), error: (line) => errors.push(line) },
  )
  return { code, out, errors }
}

describe('init', () => {
  test('writes configuration, a default policy and its schema, and says so', async () => {
    const disk = new Map<string, string>()
    const { code, out } = await run(disk)
    expect(code).toBe(0)
    expect([...disk.keys()]).toEqual([
      'trimtab.yaml',
      'policies/default.yaml',
      'policies/.schema/policy.schema.json',
    ])
    expect(out.slice(0, 3)).toEqual([...disk.keys()].map((path) => `wrote  ${path}`))
  })

  test('the policy it writes is sound, and names the schema where editors look for it', async () => {
    const disk = new Map<string, string>()
    await run(disk)
    const policy = disk.get('policies/default.yaml') ?? ''
    expect(policy.split('\n')[0]).toBe('# yaml-language-server: $schema=.schema/policy.schema.json')
    expect(sound(policy, 'policies/default.yaml').warnings).toEqual([])
    expect(JSON.parse(disk.get('policies/.schema/policy.schema.json') ?? '')).toMatchObject({
      type: 'object',
    })
  })

  test('never overwrites', async () => {
    const disk = new Map([['policies/default.yaml', 'mine']])
    const { code, out } = await run(disk)
    expect([code, disk.get('policies/default.yaml')]).toEqual([0, 'mine'])
    expect(out).toContain('kept   policies/default.yaml (it was there already)')
  })

  test('a file that cannot be written: 2, named', async () => {
    expect(await run(new Map(), 'policies/default.yaml')).toMatchObject({
      code: 2,
      errors: ['Cannot write policies/default.yaml: EACCES: permission denied'],
    })
  })
})
