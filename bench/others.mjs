// `npm run bench:others [-- --seeds 8] [--first-seed 21] [--quick]`: what it is worth that servers tell of themselves, in the
// simulator of `bench:sim`: eight servers, and somebody else who sends a third of all sessions to two of them. First-token times
// of our own requests, without and with what the servers tell every two seconds. Writes others.md into `--out` (bench/results),
// unless it is quick.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { besideOthers } from './sim/beside-others.mjs'
import { simulate } from './sim/run.mjs'
import { WORKLOADS } from './sim/workloads.mjs'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '8' },
    'first-seed': { type: 'string', default: '21' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: fileURLToPath(new URL('./results', import.meta.url)) },
  },
})
const seeds = values.quick ? 1 : Number(values.seeds)
const firstSeed = Number(values['first-seed'])

function measured(workload, name, readsMetrics) {
  const firsts = []
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++)
    simulate(workload, besideOthers(name, readsMetrics, firsts), seed)
  firsts.sort((one, other) => one - other)
  return [0.5, 0.9, 0.99].map((share) => Math.round(firsts[Math.floor(firsts.length * share)]))
}

function rows() {
  return ['prefix', 'least_busy'].flatMap((name) =>
    WORKLOADS.map((workload) => {
      process.stderr.write(`${name}, ${workload.title} …\n`)
      const [without, told] = [false, true].map((reads) => measured(workload, name, reads))
      const cells = without.map((ms, at) => `${ms} → ${told[at]}`)
      return `| \`${name}\` | ${workload.title} | ${cells.join(' | ')} |`
    }),
  )
}

const page = [
  '# npm run bench:others',
  '',
  `${new Date().toISOString().slice(0, 10)}; ${seeds} seeds, from ${firstSeed} on, pooled. The eight simulated servers and the traffic of \`npm run bench:sim\`, where a third of the sessions comes from somebody else, who sends them to the first two servers. First-token times of our own requests in milliseconds, warming up included: without → with what the servers tell of themselves every two seconds. A caller hangs up after 60 s, which counts as 60 s.`,
  '',
  '| strategy | traffic | p50 | p90 | p99 |',
  '| --- | --- | --- | --- | --- |',
  ...rows(),
  '',
].join('\n')
process.stdout.write(page)
if (!values.quick) writeFileSync(join(values.out, 'others.md'), page)
