// Load control under trouble: `npm run bench:load [-- --quick]`. Four replicas of which one is slow, one errs and one flaps, and an
// overload at three times the peak, each beside baselines in the same run: trimtab without load control, and a bare round robin.
// Loopback only, six minutes. Replicas are simulated: for faults servers of so many places, before which others wait; for the
// overload batches that slow down under load, at the published rates of bench/sim.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startContender } from './load-control/contenders.mjs'
import { offer } from './load-control/offer.mjs'
import { page } from './load-control/page.mjs'
import { startReplicas } from './load-control/replicas.mjs'
import { MACHINE, stopAll } from './processes.mjs'

const quick = process.argv.includes('--quick')
const SECONDS = quick ? 3 : 6
const REPLICAS = 4
const SLOTS = 16
const ANSWER_MS = 400
/** Requests a second at which the peak is looked for: four L4 prefill 40 such prompts a second, and nothing else then. */
const RATES = [30, 36, 42]
const PEAK = Math.max(...RATES)
/** What is answered meanwhile was sent before, or is the first of a batch. */
const WARM_SECONDS = 2
/** Requests a second while replicas have faults: one that is well can bear them all. */
const FAULTS_RATE = 30
const TIMEOUT_MS = 5000

const faults = []
for (const name of ['trimtab', 'trimtab without a breaker', 'bare round robin'])
  faults.push(await underFaults(name))
const overload = []
for (const name of ['trimtab', 'trimtab adaptive', 'trimtab without limits', 'bare round robin'])
  overload.push(await underOverload(name))
const figures = { date: new Date().toISOString().slice(0, 10), machine: MACHINE, quick, faults, overload }
const text = page(figures, {
  SECONDS,
  FAULTS_RATE,
  REPLICAS,
  SLOTS,
  ANSWER_MS,
  RATES,
  PEAK,
  TIMEOUT_MS,
})
process.stdout.write(text)
if (!quick) writeFileSync(fileURLToPath(new URL('./results/load.md', import.meta.url)), text)
await stopAll()
process.exit(0)

/** Healthy, then five seconds to get used to the faults, then measured; where it is asked for, healthy again. */
async function underFaults(name) {
  const replicas = await startReplicas({ count: REPLICAS, slots: SLOTS, answerMs: ANSWER_MS })
  const contender = await startContender(name, replicas.urls, { slots: SLOTS, timeoutMs: 20_000 })
  const load = (seconds) => offer(contender.origin, { rate: FAULTS_RATE, seconds, batchShare: 0 })
  await load(1)
  const healthy = await load(SECONDS)
  await replicas.trouble(['none', 'slow', 'errs', 'flaps'])
  const first = await load(5)
  const troubled = await load(SECONDS * 1.5)
  const shares = name === 'trimtab' ? await recovered(replicas, load) : undefined
  await contender.stop()
  await replicas.stop()
  return { name, healthy, first, troubled, shares }
}

/** Requests that each replica has once all are well: pauses double with each probe that fails, so that it takes a while. */
async function recovered(replicas, load) {
  await replicas.trouble(['none', 'none', 'none', 'none'])
  await load(quick ? 5 : 20)
  const before = await replicas.counts()
  await load(3)
  return (await replicas.counts()).map((count, index) => count - before[index])
}

/** The most that it answers in time at any rate, then three times as much, twice: memory that grows shows from one to the other. */
async function underOverload(name) {
  const replicas = await startReplicas({ count: REPLICAS })
  const contender = await startContender(name, replicas.urls, { slots: SLOTS, timeoutMs: TIMEOUT_MS })
  const load = (rate, batchShare) =>
    offer(contender.origin, { rate, seconds: SECONDS + WARM_SECONDS, batchShare, warmSeconds: WARM_SECONDS })
  await offer(contender.origin, { rate: 20, seconds: 1, batchShare: 0.5 })
  const peaks = []
  for (const rate of RATES) peaks.push({ rate, ...(await load(rate, 0.5)) })
  const peak = peaks.reduce((best, other) => (other.goodput > best.goodput ? other : best))
  // Half of what there is room for is interactive, the rest of three times as much is batch.
  const first = await load(PEAK * 3, 5 / 6)
  const memoryBefore = contender.memory()
  const over = await load(PEAK * 3, 5 / 6)
  const memoryAfter = contender.memory()
  await contender.stop()
  await replicas.stop()
  return { name, peak, peaks, first, over, memoryBefore, memoryAfter }
}
