/** Starts the built program as an operator would: a child process with its own configuration, data and policies. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

export interface TrimtabOptions {
  /**
   * Text of `trimtab.yaml`; `listen`, `data` and `policies` are given on the command line.
   * Undefined: nothing is written and only the port is given, so that `folder` serves as it lies there.
   */
  config: string | undefined
  /** File name → text, for instance `{ 'support.yaml': 'workflow: support' }`. */
  policies?: Readonly<Record<string, string>>
  env?: Readonly<Record<string, string>>
  /** Folder to start in again, as left by `kill` or `stop({ keep: true })`; default: a new one. */
  folder?: string
  /** Further arguments of `serve`. */
  args?: readonly string[]
  /** A command that runs what follows it, such as `nice`, in the same process. */
  under?: readonly string[]
}

export interface Trimtab {
  /** `http://127.0.0.1:PORT/v1`, for an SDK. */
  readonly baseUrl: string
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string
  readonly pid: number
  readonly folder: string
  readonly dataFolder: string
  readonly policiesFolder: string
  readonly configFile: string
  /** Everything that was printed so far. */
  output(): string
  /** Runs another command of the program on the same configuration and data. */
  command(...args: string[]): Promise<CommandResult>
  /** The JSON that a command prints. @throws where it exits other than 0 */
  json(...args: string[]): Promise<unknown>
  /** SIGTERM, and waits; removes the folder unless told to keep it. Returns the exit code. */
  stop(options?: { keep?: boolean }): Promise<number | null>
  /** SIGKILL, and waits; keeps the folder. */
  kill(): Promise<void>
}

interface CommandResult {
  code: number
  stdout: string
  stderr: string
}

/** @throws where the program was not built, or ends or stays silent instead of listening. */
export async function startTrimtab(options: TrimtabOptions): Promise<Trimtab> {
  const fault = process.env.TRIMTAB_BUILD_FAULT
  if (fault !== undefined) throw new Error(`dist/ was not built: ${fault}`)
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'trimtab-test-'))
  const { configFile, dataFolder, policiesFolder } = writeFolder(folder, options)
  const env = { ...cleanEnvironment(), ...options.env }
  const asItLies = options.config === undefined
  const where = asItLies ? [] : ['--config', configFile, '--data', dataFolder]
  const policies = asItLies ? [] : ['--policies', policiesFolder]
  const [first = process.execPath, ...rest] = [...(options.under ?? []), process.execPath]
  const child = spawn(
    first,
    [...rest, program, 'serve', '--port', '0', ...where, ...policies, ...(options.args ?? [])],
    { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const printed = collect(child)
  const origin = await listeningAt(child, printed)
  const command = (...args: string[]) => runCommand([...args, ...where], env, folder)
  return {
    origin,
    baseUrl: `${origin}/v1`,
    pid: child.pid ?? -1,
    folder,
    dataFolder,
    policiesFolder,
    configFile,
    output: printed.text,
    command,
    async json(...args) {
      const result = await command(...args)
      if (result.code !== 0) throw new Error(`trimtab ${args.join(' ')}: ${result.stderr || result.stdout}`)
      return JSON.parse(result.stdout)
    },
    async stop({ keep = false } = {}) {
      const code = await end(child, 'SIGTERM')
      if (!keep) rmSync(folder, { recursive: true, force: true })
      return code
    },
    async kill() {
      await end(child, 'SIGKILL')
    },
  }
}

/** Returns the exit code, null where a signal ended it. */
function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve) => {
    child.once('exit', resolve)
    child.kill(signal)
  })
}

/** Runs `trimtab ARGS` to its end, 60 s at most; never throws for an exit code. */
export async function runCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv = cleanEnvironment(),
  cwd?: string,
): Promise<CommandResult> {
  try {
    const run = promisify(execFile)(process.execPath, [program, ...args], {
      env,
      ...(cwd === undefined ? {} : { cwd }),
      timeout: 60_000,
      maxBuffer: 1 << 28,
    })
    return { code: 0, ...(await run) }
  } catch (error) {
    const failed = error as Partial<CommandResult>
    const code = typeof failed.code === 'number' ? failed.code : -1
    return { code, stdout: failed.stdout ?? '', stderr: failed.stderr ?? String(error) }
  }
}

function writeFolder(folder: string, options: TrimtabOptions) {
  const configFile = join(folder, 'trimtab.yaml')
  const dataFolder = join(folder, 'data')
  const policiesFolder = join(folder, 'policies')
  if (options.config === undefined) return { configFile, dataFolder, policiesFolder }
  mkdirSync(policiesFolder, { recursive: true })
  writeFileSync(configFile, options.config)
  for (const [name, text] of Object.entries(options.policies ?? {})) {
    writeFileSync(join(policiesFolder, name), text)
  }
  return { configFile, dataFolder, policiesFolder }
}

/** The environment without what would configure a provider or the program by accident. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(TRIMTAB_|NODE_OPTIONS$|VITEST)/.test(name) && !/_(API_KEY|BASE_URL)$/.test(name),
  )
  return Object.fromEntries(kept)
}

function collect(child: ChildProcess): { text(): string } {
  let text = ''
  const add = (bytes: Buffer) => {
    text += bytes.toString()
  }
  child.stdout?.on('data', add)
  child.stderr?.on('data', add)
  return { text: () => text }
}

function listeningAt(child: ChildProcess, printed: { text(): string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`trimtab did not listen within 15 s: ${printed.text()}`))
    }, 15_000)
    const look = () => {
      const found = /http:\/\/127\.0\.0\.1:\d+(?=\D)/.exec(printed.text())
      if (!found) return
      clearTimeout(deadline)
      resolve(found[0])
    }
    child.stdout?.on('data', look)
    child.once('exit', (code) => {
      clearTimeout(deadline)
      reject(new Error(`trimtab ended with ${code} instead of listening: ${printed.text()}`))
    })
  })
}
