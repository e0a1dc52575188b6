// Starts processes on a core of their own and reads what they cost; ends only what it started.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism, cpus } from 'node:os'

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK']).toString())
const hasTaskset = ['/usr/bin/taskset', '/bin/taskset'].some((path) => existsSync(path))

/** Whether gateway and load each have a core: figures without that are not comparable. */
export const pinned = hasTaskset && availableParallelism() >= 2

/** Load and mock share core 0; the gateway that is measured has core 1. */
export const LOAD_CORE = 0
export const GATEWAY_CORE = 1

/** What figures were measured on. */
export const MACHINE = `${cpus().length} cores of ${cpus()[0]?.model.trim()}, Node ${process.version}`

const children = new Set()
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }
/** What a shell tells of a program whose reader left. */
const BROKEN_PIPE = 141
let ending = false
endWithTheBench()

/** A Node process; `stdio` as `spawn` takes it, whose output the caller has to read. */
export function startNode(args, core, stdio = ['pipe', 'pipe', 'pipe']) {
  const command = pinned ? ['taskset', '-c', String(core), process.execPath] : [process.execPath]
  const child = spawn(command[0], [...command.slice(1), ...args], { stdio })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

/** Resolves with the first match in what the child prints. */
export function printed(child, pattern) {
  let text = ''
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(
      () => reject(new Error(`nothing like ${pattern} within 30 s: ${text}`)),
      30_000,
    )
    const settle = (then, value) => {
      clearTimeout(deadline)
      child.stdout.off('data', look)
      child.stdout.resume()
      then(value)
    }
    const look = (bytes) => {
      text += bytes
      const found = pattern.exec(text)
      if (found) settle(resolve, found)
    }
    child.stdout.on('data', look)
    child.once('exit', (code) => settle(reject, new Error(`it ended with exit code ${code}: ${text}`)))
  })
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

export async function stopAll() {
  await Promise.all([...children].map(stop))
}

/** Whatever ends the bench ends what it started: signals, errors that nobody caught, a reader (`| head`) that left. */
function endWithTheBench() {
  for (const [signal, code] of Object.entries(SIGNALS)) process.on(signal, () => end(code))
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (error) => end(error?.code === 'EPIPE' ? BROKEN_PIPE : 1, error))
  }
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => end(BROKEN_PIPE))
  process.on('exit', () => {
    for (const child of children) child.kill('SIGKILL')
  })
}

async function end(code, error) {
  if (ending) return
  ending = true
  if (code === 1) process.stderr.write(`${error?.stack ?? error}\n`)
  await stopAll()
  process.exit(code)
}

/** CPU time of all threads so far, user and system, in microseconds. */
export function cpuMicroseconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The command's name, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6
}

/** Resident memory in megabytes. */
export function residentMegabytes(pid) {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(found?.[1] ?? 0) / 1024
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
