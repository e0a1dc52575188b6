import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Fault } from '../support/mock-provider/fault.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { leftOpen } from './left-open.ts'
import { Play } from './play.ts'

const MARK = 'mark-1'
const LATER_MS = 60_000

const BEGINNING = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{'

/** As a busy proxy: a request waits in it until it is let through, when its caller has long left, at the first byte. */
async function startQueue(port: number) {
  const sockets: Socket[] = []
  let request = Buffer.alloc(0)
  let left = () => {}
  const hasLeft = new Promise<void>((resolve) => {
    left = resolve
  })
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('close', left)
    socket.on('data', (piece) => {
      request = Buffer.concat([request, piece])
      if (request.toString().endsWith('}')) socket.write(BEGINNING)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async letThrough(): Promise<Socket> {
      await hasLeft
      const onward = connect(port, '127.0.0.1')
      sockets.push(onward)
      onward.resume().write(request)
      return onward
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

let mock: MockProvider
let queue: Awaited<ReturnType<typeof startQueue>>

beforeEach(async () => {
  mock = await startMockProvider()
  queue = await startQueue(mock.port)
})
afterEach(async () => {
  queue.close()
  await mock.close()
})

/** Asked once by a caller that leaves, and judged before the provider has read any of it. */
async function leaveFirst(fault: Fault): Promise<Play> {
  const way = { asked: 'chat', target: 'chat' } as const
  const planned = {
    mark: MARK,
    way,
    stream: false,
    spare: false,
    faults: [fault],
    leaves: 'content',
  } as const
  const play = new Play(mock, queue.origin, () => planned, 10)
  await play.for(1, 1)
  expect(play.told.get(MARK)).toMatchObject({ ending: 'left', seen: [] })
  return play
}

test('what the provider reads after its caller was judged is told, with the fault that was planned', async () => {
  const play = await leaveFirst({ kind: 'no_done' })
  await queue.letThrough()
  await mock.until(() => mock.requests[0]?.end === 'whole')
  const { counted } = mock.requests[0] ?? {}
  expect(play.told.get(MARK)?.seen).toMatchObject([{ fault: 'no_done', input: counted?.input }])
  expect(counted?.input).toBeGreaterThan(0)
})

test('an exchange is left open by how long it goes on after it was read, not by when its caller left', async () => {
  const play = await leaveFirst({ kind: 'black_hole' })
  const onward = await queue.letThrough()
  await mock.until(() => mock.count === 1)
  const readMs = mock.requests[0]?.atMs ?? 0
  const openAt = (nowMs: number) => leftOpen(play.told.values(), [], nowMs)
  expect(openAt(readMs + 4000)).toEqual([])
  expect(openAt(readMs + LATER_MS)).toMatchObject([{ mark: MARK, fault: 'black_hole', ms: LATER_MS }])
  const busy = [{ atMs: readMs, lateMs: LATER_MS - 4000 }]
  expect(leftOpen(play.told.values(), busy, readMs + LATER_MS)).toEqual([])
  onward.destroy()
  await mock.until(() => mock.requests[0]?.end === 'aborted')
  expect(openAt(readMs + LATER_MS)).toEqual([])
})
