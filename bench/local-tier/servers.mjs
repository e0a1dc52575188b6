// Model servers for the bench: llama.cpp's, or the real model's example where none is given.
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort, startProcess, stop } from './processes.mjs'

const EXAMPLE = fileURLToPath(new URL('../../examples/real-model/server.mjs', import.meta.url))
const READY_SECONDS = 180

/**
 * Starts `count` servers and waits until each takes requests: `{ origins, pids, readyMs, stop() }`.
 * `settings`: `{ server, weights, slots, context, more }`; `more` are further arguments of llama.cpp's server.
 */
async function startServers(count, settings) {
  const startedAt = performance.now()
  const running = []
  for (let index = 0; index < count; index++) {
    const port = await freePort()
    running.push({ child: startProcess(commandOf(settings, port)), origin: `http://127.0.0.1:${port}` })
  }
  await Promise.all(running.map(untilReady))
  return {
    origins: running.map(({ origin }) => origin),
    pids: running.map(({ child }) => child.pid),
    readyMs: performance.now() - startedAt,
    stop: () => Promise.all(running.map(({ child }) => stop(child))),
  }
}

/** Runs `work` with fresh servers, and ends them whatever comes of it. */
export async function withServers(count, settings, work) {
  const servers = await startServers(count, settings)
  try {
    return await work(servers)
  } finally {
    await servers.stop()
  }
}

function commandOf({ server, weights, slots, context, more }, port) {
  if (server === undefined) return [process.execPath, EXAMPLE, '--port', String(port)]
  const size = ['--parallel', String(slots), '--ctx-size', String(slots * context)]
  return [server, '--model', weights, '--host', '127.0.0.1', '--port', String(port), ...size, ...more]
}

async function untilReady({ child, origin }) {
  const deadline = performance.now() + READY_SECONDS * 1000
  while (performance.now() < deadline) {
    const ending = child.exitCode ?? child.signalCode
    if (ending !== null) throw new Error(`a model server ended with ${ending}: ${child.lastWords()}`)
    if ((await statusOf(`${origin}/v1/models`)) === 200 && (await isHealthy(origin))) return
    await sleep(50)
  }
  throw new Error(`a model server was not ready within ${READY_SECONDS} s: ${child.lastWords()}`)
}

/** The example has no such path, and takes requests as soon as it listens. */
async function isHealthy(origin) {
  const status = await statusOf(`${origin}/health`)
  return status === 200 || status === 404
}

function statusOf(url) {
  return new Promise((resolve) => {
    const call = request(url, { agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    call.once('error', () => resolve(0))
    call.end()
  })
}
