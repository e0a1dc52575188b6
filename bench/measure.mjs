// One figure at a time: how long a start takes, and what a workload costs.
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { cpuMicroseconds, freePort, residentMegabytes, stop } from './processes.mjs'

const PATH = '/v1/chat/completions'

/** Starts the gateway and asks until it answers: `{ child, origin, startMs }`. @throws after 30 s */
export async function startUntilAnswer(gateway, body) {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const startedAt = performance.now()
  const child = gateway.start(port)
  child.stdout.resume()
  let complaints = ''
  child.stderr.on('data', (bytes) => {
    complaints = `${complaints}${bytes}`.slice(-2000)
  })
  while (performance.now() - startedAt < 30_000) {
    if (child.exitCode !== null)
      throw new Error(`${gateway.name} ended with exit code ${child.exitCode}: ${complaints}`)
    if (await answers(origin, gateway.callHeaders ?? {}, body)) {
      return { child, origin, startMs: performance.now() - startedAt }
    }
    await sleep(4)
  }
  await stop(child)
  throw new Error(`${gateway.name} did not answer within 30 s of its start: ${complaints}`)
}

/** Any answer counts while the caller has no key yet; then only a right one. */
async function answers(origin, headers, body) {
  try {
    const answer = await request(`${origin}${PATH}`, { method: 'POST', headers, body })
    await answer.body.text()
    return headers.authorization === undefined || answer.statusCode === 200
  } catch {
    return false
  }
}

/** Runs one job against a running gateway: the load's figures, CPU a request, memory, and ledger rows gained. */
export async function measure(running, workload, ask) {
  const { gateway, child, origin } = running
  const rowsBefore = gateway.rows?.counts()
  const cpuBefore = cpuMicroseconds(child.pid)
  const load = await ask({ ...workload.job, origin, path: PATH, headers: gateway.callHeaders })
  const residentMb = residentMegabytes(child.pid)
  // The ledger's last rows settle after the answer: their cost belongs to it.
  const rowsAfter = await gateway.rows?.settled(rowsBefore.requests + load.sent)
  const cpuMicros = (cpuMicroseconds(child.pid) - cpuBefore) / Math.max(1, load.sent)
  const rows = rowsAfter && {
    requests: rowsAfter.requests - rowsBefore.requests,
    attempts: rowsAfter.attempts - rowsBefore.attempts,
  }
  return { ...load, cpuMicros, residentMb, rows }
}

/** The same one-client job straight at the mock: what latency is added to. */
export function measureDirect(provider, workload, ask) {
  const { origin } = new URL(provider)
  const headers = { 'content-type': 'application/json' }
  return ask({ ...workload.job, origin, path: PATH, headers })
}
