// What people read of a run, with what it must hold.

export function page({ date, machine, quick, faults, overload }, parameters) {
  const { SECONDS, FAULTS_RATE, REPLICAS, SLOTS, ANSWER_MS, CAPACITY, TIMEOUT_MS } = parameters
  return [
    '# npm run bench:load',
    '',
    `${date}, ${machine}, beside other work${quick ? ' (quick: a smoke run, no measurement)' : ''}. ${REPLICAS} simulated replicas, ${ANSWER_MS} ms an answer, half of it before its first chunk; load is offered at a rate, whether or not earlier requests are answered.`,
    '',
    '## One slow, one erring, one flapping replica of four',
    '',
    `${FAULTS_RATE} requests a second; ${SECONDS} s healthy, 5 s of trouble to get used to, ${SECONDS * 1.5} s of it measured. Slow: 20 times; erring: 500; flapping: resets for a second in every two. First content in milliseconds.`,
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
    '## Overload at three times capacity',
    '',
    `${SLOTS} places a replica: ${CAPACITY} answers a second. Interactive requests are half of capacity, batch the rest; limits.timeout ${TIMEOUT_MS} ms. Goodput: whole answers a second while load was offered.`,
    '',
    ...table(
      [
        '',
        'goodput at capacity',
        'at three times',
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
        peak.goodput.toFixed(0),
        over.goodput.toFixed(0),
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
    mark(share >= 0.9, `goodput at three times capacity at least 90% of peak: ${(100 * share).toFixed(0)}%`),
    mark(limited.over.p99 < 1000, `interactive p99 bounded: ${ms(limited.over.p99)} ms`),
    mark(limited.memoryAfter < limited.memoryBefore * 1.5, 'no growth of memory beyond a half'),
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
