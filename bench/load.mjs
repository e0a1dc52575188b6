// The load generator, a process of its own: takes jobs over IPC, one at a time, and answers each with its figures.
// A job: { origin, path, headers, body, clients, durationMs, maxRequests, staggerMs, expect }; with `texts`, each request has
// the next of them in the place of `%TEXT%`.
import { Pool } from 'undici'

process.on('message', async (job) => process.send(await run(job)))
process.on('disconnect', () => process.exit(0))

async function run(job) {
  const pool = new Pool(job.origin, { connections: job.clients, pipelining: 1 })
  const figures = { sent: 0, failed: 0, firstFault: undefined, latenciesMs: [] }
  const stopAt = performance.now() + job.durationMs
  const client = async (index) => {
    // Streams that start together, or a whole pace apart, would send their chunks together.
    if (job.staggerMs > 0) await new Promise((resolve) => setTimeout(resolve, index * job.staggerMs))
    while (performance.now() < stopAt && figures.sent < job.maxRequests) {
      figures.sent++
      await once(pool, job, figures, nextBody(job))
    }
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: job.clients }, (_, index) => client(index)))
  const seconds = (performance.now() - startedAt) / 1000
  await pool.close()
  const latencies = figures.latenciesMs.sort((left, right) => left - right)
  const { sent, failed, firstFault } = figures
  return { sent, failed, firstFault, seconds, p50: at(latencies, 0.5), p99: at(latencies, 0.99) }
}

/** How many texts each origin has been sent: none is sent twice. */
const told = new Map()

function nextBody({ origin, body, texts }) {
  if (texts === undefined) return body
  const place = told.get(origin) ?? 0
  told.set(origin, place + 1)
  return body.replace('%TEXT%', texts[place % texts.length])
}

function once(pool, job, figures, body) {
  const { path, headers } = job
  const startedAt = performance.now()
  return new Promise((resolve) => {
    let status = 0
    let bytes = 0
    let tail = ''
    const finish = (fault) => {
      if (fault === undefined) figures.latenciesMs.push(performance.now() - startedAt)
      else {
        figures.failed++
        figures.firstFault ??= fault
      }
      resolve()
    }
    pool.dispatch(
      { path, method: 'POST', headers, body },
      {
        onRequestStart() {},
        onResponseStart(_controller, code) {
          status = code
        },
        onResponseData(_controller, chunk) {
          bytes += chunk.length
          tail = chunk
        },
        onResponseEnd() {
          const last = tail.toString()
          if (status !== 200) finish(`status ${status}: ${last.slice(0, 200)}`)
          else if (!last.trimEnd().endsWith(job.expect.end)) finish(`an answer ends in ${last.slice(-40)}`)
          else if (bytes < job.expect.minBytes) finish(`an answer of ${bytes} bytes`)
          else finish(undefined)
        },
        onResponseError(_controller, error) {
          finish(String(error))
        },
      },
    )
  })
}

function at(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
