/** Starts the Worker as `wrangler dev` does: bundled from source, in a real workerd, on a free port of loopback. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unstable_startWorker } from 'wrangler'

const configFile = fileURLToPath(new URL('../../wrangler.toml', import.meta.url))

export interface StartedWorker {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string
  stop(): Promise<void>
}

/** `variables` are bound over those of `wrangler.toml`. */
export async function startWorker(variables: Readonly<Record<string, string>>): Promise<StartedWorker> {
  const registry = mkdtempSync(join(tmpdir(), 'trimtab-worker-'))
  // Neither usage, nor a look-up of where this machine is, nor another `wrangler dev` is any test's business.
  process.env.WRANGLER_SEND_METRICS = 'false'
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false'
  process.env.WRANGLER_LOG_PATH = registry
  const bound = Object.entries(variables).map(
    ([name, value]) => [name, { type: 'plain_text', value }] as const,
  )
  const worker = await unstable_startWorker({
    config: configFile,
    envFiles: [],
    sendMetrics: false,
    bindings: Object.fromEntries(bound),
    dev: {
      watch: false,
      inspector: false,
      liveReload: false,
      persist: false,
      logLevel: 'none',
      registry,
      server: { hostname: '127.0.0.1', port: 0 },
    },
  })
  await worker.ready
  return {
    origin: (await worker.url).origin,
    async stop() {
      await worker.dispose()
      rmSync(registry, { recursive: true, force: true })
    },
  }
}
