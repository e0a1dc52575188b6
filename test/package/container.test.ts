/** The container recipe against the repository: what it copies is there, and what the program reads is copied. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const path = (name: string): string => fileURLToPath(new URL(name, root))
const recipe = readFileSync(path('Dockerfile'), 'utf8').replaceAll(/\\\n\s*/g, '')
const stages = recipe.split(/^FROM /m).slice(1)
const last = stages.at(-1) ?? ''

/** Of the stage's own `COPY`s, those that read the build's context. */
const copied = [...recipe.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) =>
  names.split(' '),
)
const allowed = readFileSync(path('.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1))

test('what it copies is in the repository, and let through by .dockerignore', () => {
  const names = copied.map((name) => name.replace(/^\.\//, ''))
  expect(names.length).toBeGreaterThan(5)
  expect(names.filter((name) => !existsSync(path(name)))).toEqual([])
  expect(names.filter((name) => !allowed.includes(name))).toEqual([])
  expect(allowed.filter((name) => !names.includes(name))).toEqual([])
})

test('the image has what the program reads beside its code', () => {
  for (const folder of ['dist', 'migrations', 'models', 'policies', 'node_modules'])
    expect(last).toContain(`/app/${folder}`)
  expect(last).toMatch(/^COPY package\.json /m)
})

test('the image runs as another user than root, in every line that follows', () => {
  const [, afterUser = ''] = last.split(/^USER node$/m)
  expect(afterUser).toContain('ENTRYPOINT')
  expect(afterUser).not.toMatch(/^(?:USER|RUN)/m)
})

test('it has a Node that the package allows', () => {
  const { engines } = JSON.parse(readFileSync(path('package.json'), 'utf8')) as { engines: { node: string } }
  const [, least] = />=(\d+)/.exec(engines.node) ?? []
  const [, used] = /^ARG NODE_VERSION=(\d+)/m.exec(recipe) ?? []
  expect(Number(used)).toBeGreaterThanOrEqual(Number(least))
})

test('the image and the service start Node with the options of `npm start` that keep compiled code', () => {
  const { scripts } = JSON.parse(readFileSync(path('package.json'), 'utf8')) as { scripts: { start: string } }
  const service = readFileSync(path('deploy/trimtab.service'), 'utf8')
  expect(scripts.start).toMatch(/node .*--no-memory-reducer dist\/cli\.js serve$/)
  expect(last).toMatch(/^ENTRYPOINT \["node", "--no-memory-reducer", "\/app\/dist\/cli\.js"\]$/m)
  expect(service).toMatch(/^ExecStart=.*node --no-memory-reducer .*\btrimtab\)" serve /m)
})
