// What joining concurrent calls brings: embeddings of one text each, of a model that takes a time for a call and some for
// each row, one call after another, as a GPU does. The same load with and without `batch`. `npm run bench:batching`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GATEWAY_CORE, LOAD_CORE, MACHINE, printed, startNode, stop } from './processes.mjs'

const CALL_MS = 10
const ROW_MS = 0.25
const SECONDS = 4
const program = fileURLToPath(new URL('../dist/cli.js', import.meta.url))

const triton = startNode(
  [
    fileURLToPath(new URL('./triton.mjs', import.meta.url)),
    '--call-ms',
    String(CALL_MS),
    '--row-ms',
    String(ROW_MS),
  ],
  LOAD_CORE,
)
const [, origin] = await printed(triton, /listening on (\S+)/)
const folder = mkdtempSync(join(tmpdir(), 'trimtab-batching-'))
const model = (more) =>
  `{ serves: embeddings, remote: embedder, input: { TEXT: text }, output: { embedding: VECTOR }${more} }`
writeFileSync(
  join(folder, 'trimtab.yaml'),
  `log: { access: off }
providers:
  triton:
    dialect: kserve
    base_url: "${origin}"
    models:
      single: ${model('')}
      joined: ${model(', batch: { max_size: 32, max_delay: 5ms }')}
`,
)
const trimtab = startNode(
  [program, 'serve', '--port', '0', '--config', join(folder, 'trimtab.yaml'), '--data', join(folder, 'data')],
  GATEWAY_CORE,
)
trimtab.stderr.resume()
const [, gateway] = await printed(trimtab, /(http:\/\/127\.0\.0\.1:\d+)/)

// Each question to it listens for its end, too.
triton.setMaxListeners(0)
for (const name of ['single', 'joined']) await load(name, 4, 500)
console.log(`${MACHINE}`)
console.log(`one model, ${CALL_MS} ms a call and ${ROW_MS} ms a row, one call at a time; ${SECONDS} s each\n`)
console.log('callers  batch  answers/s  p50 ms  p95 ms  rows a call')
for (const callers of [1, 4, 16, 64]) {
  const rates = []
  for (const name of ['single', 'joined']) {
    await asked()
    const { answers, durations } = await load(name, callers)
    const { calls, rows } = await asked()
    rates.push(answers / SECONDS)
    const at = (share) => durations[Math.floor(durations.length * share)]?.toFixed(1) ?? '-'
    console.log(
      [
        String(callers).padStart(7),
        (name === 'joined' ? 'on' : 'off').padStart(6),
        (answers / SECONDS).toFixed(0).padStart(10),
        at(0.5).padStart(7),
        at(0.95).padStart(7),
        (rows / Math.max(1, calls)).toFixed(1).padStart(12),
      ].join(' '),
    )
  }
  console.log(`         ${(rates[1] / rates[0]).toFixed(1)} times as many answers\n`)
}
await stop(trimtab)
await stop(triton)
rmSync(folder, { recursive: true, force: true })

async function asked() {
  triton.stdin.write('?')
  const [, calls, rows] = await printed(triton, /calls (\d+) rows (\d+)/)
  return { calls: Number(calls), rows: Number(rows) }
}

/** So many callers, each asking again as soon as it is answered; no text twice, so that nothing is remembered. */
async function load(name, callers, forMs = SECONDS * 1000) {
  const agent = new Agent({ keepAlive: true })
  const until = performance.now() + forMs
  const durations = []
  let number = 0
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < until) {
        const startedMs = performance.now()
        await embed(agent, { model: name, input: `text ${callers} ${number++} of ${forMs}` })
        durations.push(performance.now() - startedMs)
      }
    }),
  )
  agent.destroy()
  return { answers: durations.length, durations: durations.toSorted((one, other) => one - other) }
}

function embed(agent, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const sent = request(`${gateway}/v1/embeddings`, { method: 'POST', agent, headers }, (answer) => {
      answer.resume()
      if (answer.statusCode === 200) answer.once('end', resolve)
      else reject(new Error(`status ${answer.statusCode}`))
    })
    sent.once('error', reject)
    sent.end(JSON.stringify(body))
  })
}
