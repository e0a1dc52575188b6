/** The README's first ten minutes, read from the README itself and typed into a shell, command by command. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const PROGRAM = join(root, 'dist', 'cli.js')

const [, section = ''] =
  /## The first ten minutes\n\n```sh\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
/** Without comments, continued lines as one. */
const commands = section
  .replaceAll(/ +# .*$/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '')

let folder: string
let shell: Shell
let port: number

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-readme-'))
  // As `npx` runs an installed package, without a registry.
  writeFileSync(join(folder, 'npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`, {
    mode: 0o755,
  })
  shell = new Shell(folder)
  port = await freePort()
})

afterAll(async () => {
  await shell.end()
  rmSync(folder, { recursive: true, force: true })
})

describe('the first ten minutes of the README', () => {
  test('name each step of them', () => {
    const words = ['serve', 'OPENAI_BASE_URL', 'curl', 'requests req_…', 'report', 'init', 'explain', 'check']
    expect(words.filter((word) => !commands.some((command) => command.includes(word)))).toEqual([])
    expect(commands).toHaveLength(words.length)
  })

  test('work as they are written', async () => {
    let id = ''
    const said = new Map<string, string>()
    for (const command of commands) {
      const typed = command.replaceAll('8787', String(port)).replace('req_…', id)
      const { code, text } = await shell.type(typed)
      expect({ command, code, text }).toMatchObject({ code: 0 })
      if (command.endsWith('&')) await shell.heard(/trimtab listens on/)
      id = /x-trimtab-request-id: (\S+)/.exec(text)?.[1] ?? id
      said.set(/npx trimtab (\w+)|^(\w+)/.exec(command)?.slice(1).find(Boolean) ?? '', text)
    }
    expect(said.get('curl')).toMatch(/^HTTP\/1\.1 200 OK/m)
    expect(said.get('requests')).toMatch(new RegExp(`request +${id}`))
    expect(said.get('requests')).toMatch(/workflow +support/)
    expect(said.get('report')).toMatch(/support +.*gpt-5\.5 +1 /)
    expect(said.get('init')).toContain('wrote  policies/default.yaml')
    expect(readFileSync(join(folder, 'policies', 'default.yaml'), 'utf8')).toContain('support: 1 requests')
    expect(said.get('explain')).toContain('This request is labelled support')
    expect(said.get('check')).toContain('1 policy file: fine.')
  })
})

/** One shell for all commands, so that what one sets the next one has. */
class Shell {
  readonly #process: ChildProcess
  #text = ''

  constructor(cwd: string) {
    const kept = Object.entries(process.env).filter(
      ([name]) => !/_(API_KEY|BASE_URL)$|^(TRIMTAB|VITEST)_/.test(name),
    )
    const env = { ...Object.fromEntries(kept), PATH: `${cwd}:${process.env.PATH}` }
    this.#process = spawn('sh', [], { cwd, env, detached: true })
    const hear = (bytes: Buffer): void => {
      this.#text += bytes.toString()
    }
    this.#process.stdout?.on('data', hear)
    this.#process.stderr?.on('data', hear)
  }

  /** Types a command and waits for its end; one that ends with `&` goes on. */
  async type(command: string): Promise<{ code: number; text: string }> {
    const from = this.#text.length
    this.#process.stdin?.write(`${command}\necho "<ended $?>"\n`)
    const [whole = '', code] = await this.heard(/<ended (\d+)>/, from)
    return { code: Number(code), text: this.#text.slice(from, this.#text.indexOf(whole, from)) }
  }

  /** @throws after 20 seconds of waiting for it */
  async heard(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    for (const until = Date.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
      const found = pattern.exec(this.#text.slice(from))
      if (found) return found
      if (Date.now() > until) throw new Error(`never heard ${pattern}: ${this.#text.slice(from)}`)
    }
  }

  /** Ends the shell and what it left running. */
  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('close', resolve))
    if (this.#process.pid !== undefined) process.kill(-this.#process.pid, 'SIGTERM')
    await ended
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
