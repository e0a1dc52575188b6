import { describe, expect, test } from 'vitest'
import { WebSink } from '../../src/http/web-sink.ts'
import { answerSinkContract, type SinkExchange } from './answer-sink.contract.ts'

answerSinkContract('WebSink', async () => openPair())

describe('WebSink', () => {
  test('a signal that fired before the answer was asked for counts as departed', () => {
    let left = false
    new WebSink(AbortSignal.abort()).departed(() => {
      left = true
    })
    expect(left).toBe(true)
  })

  test('a caller that cancels the body has left, also without a signal', async () => {
    const sink = new WebSink(undefined)
    const left = new Promise<void>((resolve) => sink.departed(resolve))
    sink.begin(200, [])
    await (await sink.response).body?.cancel()
    await left
  })

  test('answers without a body by their status have none', async () => {
    const sink = new WebSink(undefined)
    sink.begin(204, [])
    sink.end()
    expect((await sink.response).body).toBeNull()
  })
})

function openPair(): SinkExchange {
  const caller = new AbortController()
  const sink = new WebSink(caller.signal)
  return {
    sink,
    async head() {
      const { status, headers } = await sink.response
      return { status, header: (name) => headers.get(name) }
    },
    async rest() {
      return new Uint8Array(await (await sink.response).arrayBuffer())
    },
    async leave() {
      caller.abort()
    },
    async dispose() {
      caller.abort()
    },
  }
}
