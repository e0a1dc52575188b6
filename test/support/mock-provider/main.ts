/** The mock provider as a process of its own: `--port N --log FILE --keep N`; prints its base URL. */
import { parseArgs } from 'node:util'
import { startMockProvider } from './mock-provider.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    log: { type: 'string' },
    keep: { type: 'string', default: '1' },
  },
})

const mock = await startMockProvider({
  port: Number(values.port),
  keep: Number(values.keep),
  ...(values.log === undefined ? {} : { logFile: values.log }),
})
process.stdout.write(`listening on ${mock.url}\n`)

// The parent asks how many requests were seen, and ends with this process.
process.stdin.on('data', () => process.stdout.write(`seen ${mock.count}\n`))
process.stdin.on('end', () => process.exit(0))
