/** trimtab as its users get it: packed by npm, installed by npm, run by npx. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
/** What npm says where the registry can't be reached and its cache does not have the package either. */
const UNREACHABLE = /ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT/

/** One try a package: nobody waits minutes to be told that there is no network. */
const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--fetch-retries', '0']

export interface Workplace {
  folder: string
  tarball: string
  /** Paths in the tarball. */
  packed: readonly string[]
  env: NodeJS.ProcessEnv
  remove(): void
}

/** Packs what is in `dist/`, without building it again below the other tests' feet. */
export async function packTrimtab(): Promise<Workplace> {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-package-'))
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const { stdout } = await run('npm', args, { cwd: root })
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  return {
    folder,
    tarball: join(folder, packed.filename),
    packed: packed.files.map(({ path }) => path),
    env: await environment(folder),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** An empty folder with the tarball installed; a text where the registry can't be reached. */
export async function installTrimtab({ folder, tarball, env }: Workplace): Promise<string | undefined> {
  try {
    await run('npm', ['init', '--yes'], { cwd: folder, env })
    await run('npm', [...INSTALL, tarball], {
      cwd: folder,
      env,
    })
    return undefined
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr)
    const [code] = UNREACHABLE.exec(said) ?? []
    if (code === undefined) throw error
    return `npm's cache lacks a package and the registry can't be reached (${code})`
  }
}

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

/** `npx trimtab ARGS` in the folder. */
export async function npx({ folder, env }: Workplace, ...args: string[]): Promise<Ran> {
  try {
    return { code: 0, ...(await run('npx', ['trimtab', ...args], { cwd: folder, env, timeout: 60_000 })) }
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as Partial<Ran>
    return { code: typeof code === 'number' ? code : -1, stdout, stderr }
  }
}

export interface Served {
  origin: string
  /** SIGTERM to npx and what it started. */
  stop(): Promise<void>
}

/** Starts a command line that serves, and waits for the address that it prints. */
export async function serve(
  command: readonly string[],
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<Served> {
  const [program = '', ...args] = command
  // A group of its own, because a signal to npx alone is not always passed on.
  const child = spawn(program, args, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const origin = await addressOf(child)
  return {
    origin,
    stop: () =>
      new Promise((resolve) => {
        child.once('close', () => resolve())
        process.kill(-(child.pid ?? 0), 'SIGTERM')
      }),
  }
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const hear = (bytes: Buffer): void => {
      text += bytes.toString()
      const [, address] = /listens on (http:\/\/\S+)/.exec(text) ?? []
      if (address !== undefined) resolve(address)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('close', () => reject(new Error(`It ended instead of listening: ${text}`)))
  })
}

/**
 * The user's own packages in npm's cache, and a place of its own for all else that npm keeps.
 * better-sqlite3 fetches its binary from GitHub when it is installed and keeps it in npm's cache; the one that the
 * checkout has is put there, so that the test does not compile SQLite for minutes.
 */
async function environment(folder: string): Promise<NodeJS.ProcessEnv> {
  const { stdout } = await run('npm', ['config', 'get', 'cache'])
  const cache = join(folder, 'npm-cache')
  mkdirSync(cache)
  const packages = join(stdout.trim(), '_cacache')
  if (existsSync(packages)) symlinkSync(packages, join(cache, '_cacache'))
  await keepSqliteBinary(join(cache, '_prebuilds'))
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(?:npm_(?!config_(?:registry|cafile|userconfig)$)|TRIMTAB_|VITEST|NODE_OPTIONS$)/i.test(name) &&
      !/_(?:API_KEY|BASE_URL)$/.test(name),
  )
  return { ...Object.fromEntries(kept), npm_config_cache: cache, npm_config_prefer_offline: 'true' }
}

/** Under the name that prebuild-install 7 looks for; another would have it compiled. */
async function keepSqliteBinary(binaries: string): Promise<void> {
  const library = join(root, 'node_modules', 'better-sqlite3')
  const { version } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8')) as { version: string }
  const { platform, arch, versions } = process
  const name = `better-sqlite3-v${version}-node-v${versions.modules}-${platform}-${arch}.tar.gz`
  const address = `https://github.com/WiseLibs/better-sqlite3/releases/download/v${version}/${name}`
  const digest = createHash('sha512').update(address).digest('hex').slice(0, 6)
  mkdirSync(binaries)
  const kept = join(binaries, `${digest}-${name.replace(/[^a-zA-Z0-9.]+/g, '-')}`)
  await run('tar', ['-czf', kept, '-C', library, 'build/Release/better_sqlite3.node'])
}
