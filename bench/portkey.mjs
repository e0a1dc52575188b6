// Portkey's gateway, a peer to measure against, installed into an ignored folder of its own.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PORTKEY_VERSION = '1.15.2'
// With 1.19, which a fresh install brings, every stream of this build fails.
const NODE_SERVER_VERSION = '1.3.3'

/** Path of its server's entry; installed where it is missing. */
export function installPortkey() {
  const folder = fileURLToPath(new URL('./.cache/portkey', import.meta.url))
  const entry = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js')
  if (existsSync(entry)) return entry
  mkdirSync(folder, { recursive: true })
  const overrides = { '@hono/node-server': NODE_SERVER_VERSION }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, overrides }))
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const packageName = `@portkey-ai/gateway@${PORTKEY_VERSION}`
  execFileSync('npm', ['install', '--prefix', folder, ...flags, packageName], { stdio: ['ignore', 2, 2] })
  return entry
}
