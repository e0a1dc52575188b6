// A stream whose small model gets worse at one topic, for good: how soon that is noticed, and what it costs until then. Eight
// topics ask equally often; questions are drawn again and again, as in traffic.
import { seeded } from '../seeded.mjs'
import { LearnedStream } from './learned-stream.mjs'

const TOPICS = [
  'high_school_government_and_politics',
  'world_religions',
  'sociology',
  'high_school_psychology',
  'miscellaneous',
  'professional_law',
  'formal_logic',
  'elementary_mathematics',
]
/** Where the small model is nearly as good as the large one, until it is not. */
const SPOILT = 'high_school_government_and_politics'
const WRONG_AFTER = 0.9
const A_ROW = 1000

/** @param at and @param end in requests */
export async function shift(rows, modules, readers, { policy, seed, at, end }) {
  const random = seeded(seed)
  const byTopic = TOPICS.map((topic) => rows.filter(({ subject }) => subject === topic))
  const stream = new LearnedStream(modules, readers, policy, seed)
  const line = []
  let row = fresh()
  let [lostSince, labelsAtShift] = [0, 0]
  let noticed
  while (stream.requests < end) {
    const ofTopic = byTopic[Math.floor(random() * byTopic.length)]
    const asked = ofTopic[Math.floor(random() * ofTopic.length)]
    const isAfter = stream.requests >= at
    const isSpoilt = isAfter && asked.subject === SPOILT && asked.largeRight && random() < WRONG_AFTER
    const agrees = asked.agrees && !isSpoilt
    if (stream.requests === at) labelsAtShift = stream.labels
    const isLabelled = stream.willLabel()
    const begins = await stream.ask(asked.text, agrees, isLabelled)
    const isLost = begins === 'small' && !agrees
    row.small += begins === 'small' ? 1 : 0
    row.lost += isLost ? 1 : 0
    row.labels += isLabelled ? 1 : 0
    if (isAfter && noticed === undefined && isLost) lostSince++
    const reverted = stream.events.find(({ kind, request }) => kind === 'reverted' && request > at)
    noticed ??= reverted && {
      requests: reverted.request - at,
      labels: reverted.labels - labelsAtShift,
      lost: lostSince,
      now: reverted.now,
    }
    if (stream.requests % A_ROW === 0) {
      line.push({ requests: stream.requests, ...row, events: eventsIn(stream, stream.requests - A_ROW) })
      row = fresh()
    }
  }
  const early = stream.events.filter(({ kind, request }) => kind === 'reverted' && request <= at).length
  return { seed, noticed, early, line, events: stream.events }
}

/** A row for each thousand requests: share that begins at the small tier, and share that is lost. */
export function plotted(line, { at, policy }) {
  const head = `${'requests'.padStart(8)}  begun at small (each # 2 %)${' '.repeat(7)}lost (each x 0.5 %; bound ${policy.maxQualityLoss * 100} %)`
  const rows = line.map(({ requests, small, lost, events }) => {
    const share = '#'.repeat(Math.round((small / A_ROW) * 50)).padEnd(34)
    const loss = 'x'.repeat(Math.round((lost / A_ROW) * 200)).padEnd(18)
    const said = [...(requests - A_ROW === at ? ['<- the small model gets worse'] : []), ...events]
    return `${String(requests).padStart(8)}  ${share}${loss} ${said.join('; ')}`.trimEnd()
  })
  return [head, ...rows].join('\n')
}

function fresh() {
  return { small: 0, lost: 0, labels: 0 }
}

function eventsIn(stream, from) {
  return stream.events
    .filter(({ request }) => request > from)
    .map(({ kind, version, now }) => {
      if (kind === 'accepted') return `version ${version.number} accepted`
      if (kind === 'refused') return 'a version refused'
      return `version ${version} taken back${now === 0 ? '' : `, version ${now} again`}`
    })
}
