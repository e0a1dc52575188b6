// Makes a Python environment in .cache, once, and prints its interpreter's path: `sdks` (the default) has OpenAI's SDK and
// Anthropic's, `frameworks` what is built on them.
// Tests and the real-model demo call the SDKs from it, so that neither touches the machine's own Python.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ENVIRONMENTS = {
  // Later versions of OpenAI's need packages that don't install everywhere.
  sdks: { folder: 'python', packages: ['openai==1.109.1', 'anthropic==2.14.0'] },
  frameworks: {
    folder: 'python-frameworks',
    packages: [
      'langchain-openai==1.7.4',
      'langchain-anthropic==1.7.10',
      'llama-index-llms-openai-like==0.8.1',
    ],
  },
}

const environment = ENVIRONMENTS[process.argv[2] ?? 'sdks']
if (environment === undefined) throw new Error(`Name one of ${Object.keys(ENVIRONMENTS).join(', ')}.`)
const folder = fileURLToPath(new URL(`../.cache/${environment.folder}`, import.meta.url))
const wanted = environment.packages.join('\n')
const interpreter = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
const stamp = join(folder, 'installed')

async function main() {
  const lock = `${folder}.lock`
  mkdirSync(join(folder, '..'), { recursive: true })
  // Two test files may ask at once: the second waits for the first.
  for (let waited = 0; !isReady() && !take(lock); waited++) {
    if (waited > 480) throw new Error(`${lock} is held for four minutes: remove it if nobody installs.`)
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
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
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
  run(interpreter, [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    ...environment.packages,
  ])
  writeFileSync(stamp, wanted)
}

await main()
