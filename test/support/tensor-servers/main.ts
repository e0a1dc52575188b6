/** The double of Triton as a process of its own: `--call-ms N --row-ms N`; prints its address, and what it was asked when asked. */
import { parseArgs } from 'node:util'
import { startTriton } from './triton.ts'

const { values } = parseArgs({
  options: { 'call-ms': { type: 'string', default: '0' }, 'row-ms': { type: 'string', default: '0' } },
})

const triton = await startTriton()
triton.takes = { callMs: Number(values['call-ms']), rowMs: Number(values['row-ms']) }
process.stdout.write(`listening on ${triton.origin}\n`)

// The parent asks since when it last asked, and ends with this process.
process.stdin.on('data', () => {
  const calls = triton.batches.splice(0)
  triton.came.length = 0
  process.stdout.write(`calls ${calls.length} rows ${calls.reduce((sum, rows) => sum + rows, 0)}\n`)
})
process.stdin.on('end', () => process.exit(0))
