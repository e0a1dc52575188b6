// Who stands before the replicas: trimtab with more or less of its load control, or a bare round robin.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GATEWAY_CORE, printed, residentMegabytes, startNode, stop } from '../processes.mjs'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))

/** What of `trimtab.yaml` and of the policy each one has. */
const KINDS = {
  trimtab: { provider: ({ slots }) => `, max_in_flight: ${slots}`, limits: '' },
  'trimtab adaptive': { provider: () => '', limits: ', concurrency: adaptive' },
  'trimtab without limits': { provider: () => '', limits: '' },
  'trimtab without a breaker': { provider: () => ', breaker: off', limits: '' },
}

/** `{ origin, memory(), stop() }` */
export async function startContender(name, urls, { slots, timeoutMs }) {
  const kind = KINDS[name]
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-load-'))
  const child = kind === undefined ? startNode([path('./round-robin.mjs'), ...urls], GATEWAY_CORE) : trimtab()
  child.stderr.resume()
  const [, origin] = await printed(child, /(http:\/\/127\.0\.0\.1:\d+)/)
  return {
    origin,
    memory: () => residentMegabytes(child.pid),
    stop: async () => {
      await stop(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }

  function trimtab() {
    const replicas = JSON.stringify(urls.map((url) => `${url}/v1`))
    const provider = `{ dialect: openai, replicas: ${replicas}${kind.provider({ slots })} }`
    writeFileSync(join(folder, 'trimtab.yaml'), `default_provider: four\nproviders: { four: ${provider} }\n`)
    mkdirSync(join(folder, 'policies'))
    const limits = `limits: { timeout: ${timeoutMs}ms${kind.limits} }\n`
    writeFileSync(join(folder, 'policies', 'default.yaml'), limits)
    const where = ['--config', join(folder, 'trimtab.yaml'), '--data', join(folder, 'data')]
    return startNode(
      [path('../../dist/cli.js'), 'serve', '--port', '0', ...where, '--policies', join(folder, 'policies')],
      GATEWAY_CORE,
    )
  }
}
