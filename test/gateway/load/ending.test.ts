/** Who still waits for a slot when a stopping process is at its end is told so, in words and with a Retry-After. */
import { expect, it } from 'vitest'
import { ask, chat, errorOf } from '../../support/ask.ts'
import { startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { sampleSum } from '../../support/prometheus-text.ts'
import { readMetrics } from '../../support/read-metrics.ts'
import { startInside } from '../../support/start-inside.ts'

it('refuses who waits before sockets are cut', async () => {
  const mock = await startMockProvider()
  mock.script(() => ({ kind: 'hold' }))
  const trimtab = await startInside({
    config: `providers:\n  gpu: { dialect: openai, base_url: "${mock.url}", max_in_flight: 1 }\n`,
    policies: { 'default.yaml': 'limits: { timeout: 60s }' },
  })
  const first = ask(trimtab.origin, chat('gpu/m'))
  await mock.until(() => mock.count === 1)
  const waiting = [
    ask(trimtab.origin, chat('gpu/m', { user: 'whole' })),
    ask(trimtab.origin, chat('gpu/m', { user: 'stream', stream: true })),
  ]
  await expect
    .poll(async () => sampleSum(await readMetrics(trimtab.origin), 'trimtab_provider_queued', {}), {
      timeout: 10_000,
    })
    .toBe(2)
  const stopped = trimtab.stop({ graceMs: 4000 })
  for (const heard of await Promise.all(waiting)) {
    expect(heard).toMatchObject({ status: 503, end: 'whole', headers: { 'retry-after': '5' } })
    expect(errorOf(heard).message).toContain(
      'This trimtab is being stopped, and no slot of provider gpu came free',
    )
  }
  mock.release()
  await Promise.all([first, stopped])
  expect(mock.count).toBe(1)
  await mock.close()
})
