// Load control under trouble: `npm run bench:load [-- --quick]`. Four replicas of which one is slow, one errs and one flaps, and an
// overload at three times capacity, each beside baselines in the same run: trimtab without load control, and a bare round robin.
// Loopback only, a minute and a half; replicas are simulated servers with so many places, the others wait at their door.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startContender } from './load-control/contenders.mjs'
import { offer } from './load-control/offer.mjs'
import { page } from './load-control/page.mjs'
import { startReplicas } from './load-control/replicas.mjs'
import { MACHINE, stopAll } from './processes.mjs'

const quick = process.argv.includes('--quick')
const SECONDS = quick ? 4 : 8
const REPLICAS = 4
const SLOTS = 4
const ANSWER_MS = 100
/** Requests a second that all replicas together answer. */
const CAPACITY = (REPLICAS * SLOTS * 1000) / ANSWER_MS
const TIMEOUT_MS = 3000

const faults = []
for (const name of ['trimtab', 'trimtab without a breaker', 'bare round robin'])
  faults.push(await underFaults(name))
const overload = []
for (const name of ['trimtab', 'trimtab adaptive', 'trimtab without limits', 'bare round robin'])
  overload.push(await underOverload(name))
const figures = { date: new Date().toISOString().slice(0, 10), machine: MACHINE, quick, faults, overload }
const text = page(figures, { SECONDS, REPLICAS, SLOTS, ANSWER_MS, CAPACITY, TIMEOUT_MS })
process.stdout.write(text)
if (!quick) writeFileSync(fileURLToPath(new URL('./results/load.md', import.meta.url)), text)
await stopAll()
process.exit(0)

/** Healthy, then five seconds to get used to the faults, then measured, then healthy again. */
async function underFaults(name) {
  const replicas = await startReplicas({ count: REPLICAS, slots: SLOTS * 4, answerMs: ANSWER_MS })
  const contender = await startContender(name, replicas.urls, { slots: SLOTS * 4, timeoutMs: 20_000 })
  const rate = 40
  const load = (seconds) => offer(contender.origin, { rate, seconds, batchShare: 0 })
  await load(2)
  const healthy = await load(SECONDS)
  await replicas.trouble(['none', 'slow', 'errs', 'flaps'])
  const first = await load(5)
  const troubled = await load(SECONDS)
  await replicas.trouble(['none', 'none', 'none', 'none'])
  // Pauses double with each probe that fails, up to half a minute.
  await load(quick ? 5 : 20)
  const before = await replicas.counts()
  await load(4)
  const shares = (await replicas.counts()).map((count, index) => count - before[index])
  await contender.stop()
  await replicas.stop()
  return { name, healthy, first, troubled, shares }
}

async function underOverload(name) {
  const replicas = await startReplicas({ count: REPLICAS, slots: SLOTS, answerMs: ANSWER_MS })
  const contender = await startContender(name, replicas.urls, { slots: SLOTS, timeoutMs: TIMEOUT_MS })
  await offer(contender.origin, { rate: CAPACITY / 2, seconds: 2, batchShare: 0.5 })
  const peak = await offer(contender.origin, { rate: CAPACITY, seconds: SECONDS, batchShare: 0.5 })
  const memoryBefore = contender.memory()
  // Half of capacity is interactive, the rest of three times as much is batch.
  const over = await offer(contender.origin, { rate: CAPACITY * 3, seconds: SECONDS, batchShare: 5 / 6 })
  const memoryAfter = contender.memory()
  await contender.stop()
  await replicas.stop()
  return { name, peak, over, memoryBefore, memoryAfter }
}
