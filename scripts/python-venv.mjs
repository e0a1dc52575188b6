// Makes a Python environment with OpenAI's SDK and Anthropic's in .cache/python, once, and prints its interpreter's path.
// Tests and the real-model demo call the SDKs from it, so that neither touches the machine's own Python.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

// Later versions of OpenAI's need packages that don't install everywhere.
const PACKAGES = ['openai==1.109.1', 'anthropic==2.14.0']

const folder = fileURLToPath(new URL('../.cache/python', import.meta.url))
const interpreter = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
const stamp = join(folder, 'installed')

async function main() {
  const lock = `${folder}.lock`
  mkdirSync(join(folder, '..'), { recursive: true })
  // Two test files may ask at once: the second waits for the first.
  for (let waited = 0; !isReady() && !take(lock); waited++) {
    if (waited > 240) throw new Error(`${lock} is held for two minutes: remove it if nobody installs.`)
    await sleep(500)
  }
  if (!isReady()) {
    try {
      install()
    } finally {
      rmSync(lock, { recursive: true, force: true })
    }
  }
  process.stdout.write(`${interpreter}\n`)
}

function isReady() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === PACKAGES.join('\n')
}

function take(lock) {
  try {
    mkdirSync(lock)
    return true
  } catch {
    return false
  }
}

function install() {
  const run = (command, args) => execFileSync(command, args, { stdio: ['ignore', 2, 2] })
  run('python3', ['-m', 'venv', folder])
  run(interpreter, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES])
  writeFileSync(stamp, PACKAGES.join('\n'))
}

await main()
