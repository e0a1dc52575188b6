// What people read of a run, with what it must hold.
import { PROMPT } from './prompt.mjs'

export function page({ date, machine, quick, faults, overload }, parameters) {
  const { SECONDS, FAULTS_RATE, REPLICAS, SLOTS, ANSWER_MS, RATES, PEAK, TIMEOUT_MS } = parameters
  return [
    '# npm run bench:load',
    '',
    `${date}, ${machine}, beside other work${quick ? ' (quick: a smoke run, no measurement)' : ''}. ${REPLICAS} simulated replicas; load is offered at a rate, whether or not earlier requests are answered.`,
    '',
    '## One slow, one erring, one flapping replica of four',
    '',
    `${FAULTS_RATE} requests a second, ${ANSWER_MS} ms an answer, half of it before its first chunk; ${SECONDS} s healthy, 5 s of trouble to get used to, ${SECONDS * 1.5} s of it measured. Slow: 20 times; erring: 500; flapping: resets for a second in every two. First content in milliseconds.`,
    '',
    ...table(
      [
        '',
        'healthy p50',
        'p99',
        'first 5 s p99',
        'then p50',
        'then p99',
        'p99 to healthy',
        'lost',
        'shares after recovery',
      ],
      faults.map(({ name, healthy, first, troubled, shares }) => [
        name,
        ms(healthy.p50),
        ms(healthy.p99),
        ms(first.p99),
        ms(troubled.p50),
        ms(troubled.p99),
        `${(troubled.p99 / healthy.p99).toFixed(2)}×`,
        `${first.lost + troubled.lost} of ${first.sent + troubled.sent}`,
        shares?.join(' ') ?? '–',
      ]),
    ),
    '',
    '## Overload at three times the peak',
    '',
    `Replicas that slow down as they are loaded (the batches of bench/sim at the rates of an L4 with an 8B model: a prompt of ${PROMPT.tokens} tokens is prefilled in 100 ms, in which everybody else gets one token more). trimtab: max_in_flight ${SLOTS}, or adaptive; limits.timeout ${TIMEOUT_MS} ms. Peak: the most of ${RATES.join(', ')} requests a second offered, half of them batch. Overload: ${PEAK * 3} a second, a sixth of them interactive, twice for ${SECONDS} s. Goodput: whole answers a second while load was offered.`,
    '',
    ...table(
      [
        '',
        'goodput at the peak (offered)',
        'interactive p99',
        'in overload',
        'share',
        'interactive p50',
        'p99',
        'interactive refused',
        'batch refused',
        'lost',
        'memory MB',
      ],
      overload.map(({ name, peak, over, memoryBefore, memoryAfter }) => [
        name,
        `${peak.goodput.toFixed(1)} (${peak.rate})`,
        ms(peak.p99),
        over.goodput.toFixed(1),
        `${((100 * over.goodput) / peak.goodput).toFixed(0)}%`,
        ms(over.p50),
        ms(over.p99),
        over.interactiveRefused,
        over.batchRefused,
        `${over.lost} of ${over.sent}`,
        `${memoryBefore.toFixed(0)} → ${memoryAfter.toFixed(0)}`,
      ]),
    ),
    '',
    ...held(faults, overload).map((line) => `- ${line}`),
    '',
  ].join('\n')
}

function held([trimtab], overload) {
  const [limited] = overload
  const ratio = trimtab.troubled.p99 / trimtab.healthy.p99
  const share = limited.over.goodput / limited.peak.goodput
  const lost = trimtab.first.lost + trimtab.troubled.lost
  const fair = Math.min(...trimtab.shares) / Math.max(...trimtab.shares)
  return [
    mark(ratio <= 1.5, `p99 in trouble within 1.5 of healthy: ${ratio.toFixed(2)}`),
    mark(lost === 0, `no request lost: ${lost}`),
    mark(fair >= 0.5, `load is back on all replicas: the least has ${(100 * fair).toFixed(0)}% of the most`),
    mark(
      share >= 0.9,
      `goodput at three times the peak's load at least 90% of peak: ${(100 * share).toFixed(0)}%`,
    ),
    mark(
      limited.over.batchRefused > 0,
      `batch waits, or is refused early: ${limited.over.batchRefused} refused, ${limited.over.interactiveRefused} interactive`,
    ),
    mark(
      limited.over.p99 < 2000,
      `interactive p99 of the first content bounded, below 2 s: ${ms(limited.over.p99)} ms`,
    ),
    mark(
      limited.memoryAfter < limited.memoryBefore * 1.1,
      'no growth of memory from one overload to the next, beyond a tenth',
    ),
  ]
}

function mark(holds, text) {
  return `${holds ? 'holds' : 'DOES NOT HOLD'}: ${text}`
}

function table(header, rows) {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}

function ms(value) {
  return Number.isNaN(value) ? '–' : value.toFixed(0)
}
