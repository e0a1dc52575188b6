// `npm run bench:learning -- --data FOLDER [--quick]`: what routing learns of a workflow's own traffic. FOLDER holds the recorded
// answers (learning/mmlu.mjs). How often a version in force loses more than it may, and what is saved after so many labels, on
// streams that stay as they are; how soon it is taken back where the small model gets worse at one topic. Exits with 1 where
// that does not hold.
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { loadStatic } from './cache/embedders.mjs'
import { benchPrior, shippedPrior } from './learning/bench-prior.mjs'
import { remembering } from './learning/learned-stream.mjs'
import { readMmlu } from './learning/mmlu.mjs'
import { loadLearning } from './learning/modules.mjs'
import { plotted, shift } from './learning/shift.mjs'
import { stationary } from './learning/stationary.mjs'
import { learningTimes } from './learning/times.mjs'
import { MACHINE } from './processes.mjs'

const { values } = parseArgs({ options: { data: { type: 'string' }, quick: { type: 'boolean' } } })
if (values.data === undefined) {
  console.error('Name the folder that holds the recorded answers: npm run bench:learning -- --data FOLDER')
  process.exit(1)
}
const POLICY = { share: 0.05, maxQualityLoss: 0.02, judge: undefined }
const CHECKPOINTS = [500, 1000, 2000, 3500]
const SHIFT = { policy: POLICY, at: 20_000, end: 40_000 }
/** After so many labels a change must have been told: at a fifth of the requests, 2,000 of them. */
const MOST_LABELS_UNTIL_NOTICED = 400
const seeds = (count) => Array.from({ length: count }, (_, index) => index + 1)

const rows = readMmlu(values.data)
const differing = rows.filter(({ agrees }) => !agrees).length / rows.length
const modules = await loadLearning()
const { reader: prior } = await benchPrior(values.data)
const readers = { embedder: remembering(await loadStatic()), prior }

const times = learningTimes(rows, modules, { embedder: await loadStatic(), prior: await shippedPrior() })
const streams = []
for (const seed of seeds(values.quick ? 2 : 20)) {
  streams.push(await stationary(rows, modules, readers, { policy: POLICY, seed, checkpoints: CHECKPOINTS }))
  console.error(`stationary stream ${seed}: ${told(streams.at(-1))}`)
}
const shifts = []
for (const seed of seeds(values.quick ? 1 : 5)) {
  shifts.push(await shift(rows, modules, readers, { ...SHIFT, seed }))
  console.error(`shift ${seed}: ${JSON.stringify(shifts.at(-1).noticed)}`)
}
const versions = streams.flatMap((stream) => stream.versions.filter(({ kind }) => kind === 'accepted'))
const exceeding = streams.filter((stream) => stream.versions.some((one) => isOver(one)))
const text = report()
process.stdout.write(text)
if (!values.quick) {
  mkdirSync(new URL('./results', import.meta.url), { recursive: true })
  writeFileSync(new URL('./results/learning.md', import.meta.url), text)
}
const isLate = ({ noticed }) => noticed === undefined || noticed.labels > MOST_LABELS_UNTIL_NOTICED
process.exitCode = shifts.some(isLate) || exceeding.length > streams.length * 0.05 + 1 ? 1 : 0

function isOver({ kind, lost }) {
  return kind === 'accepted' && lost > POLICY.maxQualityLoss
}

function told({ points, lost, begun }) {
  const at = points.map(
    (point) => `${point.labels} labels ${percent(point.begun)} (lost ${percent(point.lost)})`,
  )
  return `${at.join(', ')}; all requests ${percent(begun)} (lost ${percent(lost)})`
}

function report() {
  const lines = [
    '# npm run bench:learning',
    '',
    `${new Date().toISOString()}, ${MACHINE}. Recorded answers of Mixtral-8x7B and GPT-4 to ${rows.length} questions of MMLU: a request is lost where it begins at the small model, which is wrong, and the large one is right (${percent(differing)} of all). \`max_quality_loss: ${percent(POLICY.maxQualityLoss)}\`, \`share: ${percent(POLICY.share)}\`.`,
    '',
    `## Streams that stay as they are (${streams.length})`,
    '',
    'Labels are of one half of the questions, each once; shares are told on the other half, of which nothing was learned.',
    '',
    '| labels | requests until then, median | large calls avoided: mean (least–most) | lost: mean (most) | lots that lose as much avoid |',
    '| --- | --- | --- | --- | --- |',
    ...CHECKPOINTS.map(row),
    '',
    `- Versions accepted: ${versions.length}. Of ${streams.length} streams, ${exceeding.length} ever had one in force that loses more than ${percent(POLICY.maxQualityLoss)} on the other half (${
      versions
        .filter(isOver)
        .map(({ lost }) => percent(lost))
        .join(', ') || 'none'
    }).`,
    `- Versions taken back though nothing had changed: ${streams.reduce((sum, { events }) => sum + events.filter(({ kind }) => kind === 'reverted').length, 0)}, in ${streams.reduce((sum, { labels }) => sum + labels, 0)} labels.`,
    '',
    `## A small model that gets worse at one of eight topics (${shifts.length} streams)`,
    '',
    '| stream | noticed after requests | labels of these | requests lost until then | in force after |',
    '| --- | --- | --- | --- | --- |',
    ...shifts.map(
      ({ seed, noticed }) =>
        `| ${seed} | ${noticed?.requests ?? 'never'} | ${noticed?.labels ?? ''} | ${noticed?.lost ?? ''} | ${noticed?.now || 'none: large'} |`,
    ),
    '',
    `Taken back before the change: ${shifts.reduce((sum, { early }) => sum + early, 0)}. Stream 1, where the change is after request ${SHIFT.at}:`,
    '',
    '```',
    plotted(shifts[0].line, SHIFT),
    '```',
    '',
    '## Time',
    '',
    ...times.map((line) => `- ${line}`),
    '',
  ]
  return lines.join('\n')
}

function row(labels) {
  const points = streams
    .map((stream) => stream.points.find((point) => point.labels === labels))
    .filter(Boolean)
  const begun = points.map((point) => point.begun)
  const lost = points.map((point) => point.lost)
  const requests = points.map((point) => point.requests).sort((one, other) => one - other)
  return `| ${labels} | ${requests[requests.length >> 1]} | ${percent(mean(begun))} (${percent(Math.min(...begun))}–${percent(Math.max(...begun))}) | ${percent(mean(lost))} (${percent(Math.max(...lost))}) | ${percent(mean(lost) / differing)} |`
}

function mean(numbers) {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`
}
