// Starts processes and ends them again, whatever ends the bench.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const children = new Set()
for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
  process.on(signal, () => process.exit(code))
}
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** A process whose output is read and forgotten but for its end: `child.lastWords()`. */
export function startProcess([program, ...args]) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  const keep = (bytes) => {
    printed = `${printed}${bytes}`.slice(-4000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  children.add(child)
  child.once('exit', () => children.delete(child))
  child.once('error', (error) => keep(String(error)))
  return Object.assign(child, { lastWords: () => printed })
}

/** SIGTERM, and SIGKILL five seconds later. */
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const impatience = setTimeout(() => child.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(impatience)
}

/** Megabytes of memory that processes hold; null where the system does not tell. */
export function residentMegabytes(pids) {
  try {
    return pids.reduce((sum, pid) => {
      const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
      return sum + Number(found?.[1] ?? 0) / 1024
    }, 0)
  } catch {
    return null
  }
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
