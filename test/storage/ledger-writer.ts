/** A process of its own that writes requests into a ledger: `ledger-writer PATH PREFIX COUNT`. */
import { setImmediate as turn } from 'node:timers/promises'
import { attempt, attemptSettled, idOf, openLedger, request, requestSettled } from './ledger-rows.ts'

const [path = '', prefix = '', count = '0'] = process.argv.slice(2)
const { ledger } = await openLedger(path)
process.stdout.write('open\n')
process.stdin.once('data', async () => {
  const opened: Promise<void>[] = []
  for (let index = 0; index < Number(count); index++) {
    const id = idOf(`${prefix}${index}`)
    opened.push(
      ledger.openRequest(request(id), attempt(id)).then(() => {
        ledger.settleAttempt(attemptSettled(id))
        ledger.settleRequest(requestSettled(id))
      }),
    )
    if (index % 5 === 0) await turn()
  }
  await Promise.all(opened)
  await ledger.close()
  process.stdin.destroy()
})
