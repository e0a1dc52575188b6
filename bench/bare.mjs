// The baseline: the least that node:http and undici need to pass a request on and its answer back.
// `node bench/bare.mjs PORT PROVIDER_ORIGIN`
import { createServer } from 'node:http'
import { Pool } from 'undici'

const [port, origin] = process.argv.slice(2)
const pool = new Pool(origin, { connections: 256, pipelining: 1 })

const server = createServer((request, response) => {
  const pieces = []
  request.on('data', (piece) => pieces.push(piece))
  request.on('end', () => {
    const body = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
    const { url: path, method } = request
    pool.dispatch({ path, method, headers: passedOn(request.headers), body }, relay(response))
  })
})

server.keepAliveTimeout = 60_000
server.listen(Number(port), '127.0.0.1', () =>
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`),
)

function relay(response) {
  return {
    onRequestStart(controller) {
      response.once('close', () => {
        if (!response.writableFinished) controller.abort(new Error('the caller left'))
      })
    },
    onResponseStart(_controller, status, headers) {
      response.writeHead(status, passedOn(headers))
    },
    onResponseData(controller, chunk) {
      if (response.write(chunk)) return
      controller.pause()
      response.once('drain', () => controller.resume())
    },
    onResponseEnd() {
      response.end()
    },
    onResponseError() {
      if (response.headersSent) response.destroy()
      else response.writeHead(502).end()
    },
  }
}

function passedOn(headers) {
  const {
    host: _host,
    connection: _connection,
    'transfer-encoding': _coding,
    'keep-alive': _alive,
    ...rest
  } = headers
  return rest
}
