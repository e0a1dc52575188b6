// The first token's p50, p90 and p99 of all strategies on all workloads, as an SVG: a panel a workload, a line a strategy.

const PANEL = { width: 560, left: 160, right: 16, top: 52, line: 17, bottom: 34 }
const COLUMNS = 2
const TICKS = [
  [30, '30 ms'],
  [100, '100 ms'],
  [300, '300 ms'],
  [1000, '1 s'],
  [3000, '3 s'],
  [10_000, '10 s'],
  [60_000, '60 s'],
]
const [LEAST_MS, MOST_MS] = [25, 65_000]
const OURS = '#c2410c'
const THEIRS = '#475569'
const FAINT = '#cbd5e1'
const TEXT = '#0f172a'

/** `workloads`: `{ title, lines: [{ name, p50Ms, p90Ms, p99Ms, isHot }] }`, all with as many lines. */
export function chart(heading, workloads) {
  const lines = workloads[0].lines.length
  const panelHeight = PANEL.top + lines * PANEL.line + PANEL.bottom
  const width = COLUMNS * PANEL.width
  const height = 40 + Math.ceil(workloads.length / COLUMNS) * panelHeight
  const panels = workloads.map((workload, index) => {
    const left = (index % COLUMNS) * PANEL.width
    const top = 40 + Math.floor(index / COLUMNS) * panelHeight
    return `<g transform="translate(${left} ${top})">${panel(workload)}</g>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(16, 26, heading, { size: 15, weight: 600 }),
    ...panels,
    '</svg>',
    '',
  ].join('\n')
}

function panel({ title, lines }) {
  const bottom = PANEL.top + lines.length * PANEL.line
  const grid = TICKS.map(
    ([ms, label]) =>
      `<path d="M${x(ms)} ${PANEL.top - 6}V${bottom}" stroke="${FAINT}" stroke-width="0.5"/>${text(x(ms), bottom + 14, label, { anchor: 'middle', fill: THEIRS, size: 10 })}`,
  )
  const rows = lines.map((line, index) => row(line, PANEL.top + index * PANEL.line + 6))
  return [text(16, 24, title, { weight: 600, size: 12 }), ...grid, ...rows].join('')
}

function row({ name, p50Ms, p90Ms, p99Ms, isHot }, y) {
  const isOurs = name.startsWith('ours')
  const colour = isOurs ? OURS : THEIRS
  return [
    text(PANEL.left - 10, y + 4, name, {
      anchor: 'end',
      fill: isOurs ? OURS : TEXT,
      weight: isOurs ? 600 : 400,
    }),
    `<path d="M${x(p50Ms)} ${y}H${x(p99Ms)}" stroke="${colour}" stroke-width="1.5" opacity="0.5"/>`,
    `<path d="M${x(p50Ms)} ${y - 4}V${y + 4}M${x(p99Ms)} ${y - 4}V${y + 4}" stroke="${colour}"/>`,
    `<circle cx="${x(p90Ms)}" cy="${y}" r="4" fill="${colour}"/>`,
    isHot ? text(x(p50Ms) - 8, y + 4, 'one hot server', { anchor: 'end', fill: '#b91c1c', size: 10 }) : '',
  ].join('')
}

function x(ms) {
  const share = Math.log(Math.min(MOST_MS, Math.max(LEAST_MS, ms)) / LEAST_MS) / Math.log(MOST_MS / LEAST_MS)
  return Math.round((PANEL.left + share * (PANEL.width - PANEL.left - PANEL.right)) * 10) / 10
}

function text(left, top, words, { anchor = 'start', fill = TEXT, size = 11, weight = 400 } = {}) {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${left}" y="${top}" text-anchor="${anchor}" fill="${fill}" font-size="${size}" font-weight="${weight}">${safe}</text>`
}
