// The baseline: passes requests on to replicas in turn, and their answers back. `node round-robin.mjs ORIGIN…`
import { createServer } from 'node:http'
import { Pool } from 'undici'

const pools = process.argv.slice(2).map((origin) => new Pool(origin, { connections: 1024, pipelining: 1 }))
let turn = 0

const server = createServer((request, response) => {
  const pieces = []
  request.on('data', (piece) => pieces.push(piece))
  request.on('end', async () => {
    const pool = pools[turn++ % pools.length]
    const headers = { 'content-type': 'application/json' }
    try {
      const answer = await pool.request({
        path: request.url,
        method: 'POST',
        headers,
        body: Buffer.concat(pieces),
      })
      response.writeHead(answer.statusCode, {
        'content-type': answer.headers['content-type'] ?? 'application/json',
      })
      answer.body.on('error', () => response.destroy())
      answer.body.pipe(response)
    } catch {
      if (response.headersSent) response.destroy()
      else response.writeHead(502).end()
    }
  })
})
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`listening on http://127.0.0.1:${server.address().port}\n`),
)
