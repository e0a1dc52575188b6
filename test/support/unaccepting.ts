/** An address at which connections are never accepted: the SYN is dropped, as behind a silent firewall. */
import { type ChildProcess, spawn } from 'node:child_process'
import { connect, type Socket } from 'node:net'

export interface Unaccepting {
  /** Base URL for a provider. */
  url: string
  close(): void
}

/** Its backlog is full, and its process sleeps. */
const PROGRAM = `
  const server = require('net').createServer()
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('fs').writeSync(1, String(server.address().port))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`

/** @throws where this machine's network accepts on its own */
export async function startUnaccepting(): Promise<Unaccepting> {
  const child = spawn(process.execPath, ['-e', PROGRAM], { stdio: ['ignore', 'pipe', 'ignore'] })
  const port = await firstNumber(child)
  const fillers: Socket[] = []
  for (let tries = 0; tries < 20; tries++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    fillers.push(socket)
    if (!(await connects(socket))) {
      const close = () => {
        for (const filler of fillers) filler.destroy()
        child.kill('SIGKILL')
      }
      return { url: `http://127.0.0.1:${port}/v1`, close }
    }
  }
  throw new Error('the backlog never filled')
}

function firstNumber(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.stdout?.once('data', (bytes: Buffer) => resolve(Number(bytes.toString())))
  })
}

function connects(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 300)
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}
