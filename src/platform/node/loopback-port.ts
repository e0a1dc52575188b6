/** Ports of this machine's loopback address. */
import { type AddressInfo, createServer } from 'node:net'

const HOST = '127.0.0.1'

/** A port that nothing listens on: `kept` where that is still so, else one that the system chooses. */
export async function freeLoopbackPort(kept: number | undefined): Promise<number> {
  const port = kept === undefined ? undefined : await bound(kept)
  return port ?? (await bound(0)) ?? Promise.reject(new Error(`No port is free on ${HOST}.`))
}

/** Listens for a moment. Undefined where that is refused. */
function bound(port: number): Promise<number | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen(port, HOST, () => {
      const taken = (server.address() as AddressInfo).port
      server.close(() => resolve(taken))
    })
  })
}
