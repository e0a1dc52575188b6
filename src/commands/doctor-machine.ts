/** Of the machine: data folder, disk, ledger, estimates, port and prices, judged from what was found there. */
import type { EstimateError } from '../storage/learned-ratios.ts'
import type { Finding } from './doctor.ts'

const DAY_MS = 86_400_000
const STALE_PRICES_DAYS = 60
const LOW_DISK_BYTES = 1024 ** 3
const FULL_DISK_BYTES = 100 * 1024 ** 2
const FAR_ERROR = 0.4
const ENOUGH_REQUESTS = 50
const MOST_WORKFLOWS = 5

/** `missing`: it will be made at the first start. */
export type FolderState =
  | { kind: 'missing' }
  | { kind: 'writable'; freeBytes: number }
  | { kind: 'refused'; reason: string }

export function checkFolder(path: string, state: FolderState): readonly Finding[] {
  const name = 'data folder'
  if (state.kind === 'missing')
    return [{ name, state: 'ok', message: `${path} will be made at the first start.` }]
  if (state.kind === 'refused') {
    return [
      {
        name,
        state: 'fail',
        message: `${path} cannot be written (${state.reason}); give trimtab’s user the right to, or choose another with --data.`,
      },
    ]
  }
  return [{ name, state: 'ok', message: `${path} can be written.` }, disk(state.freeBytes)]
}

function disk(freeBytes: number): Finding {
  const free = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free`
  if (freeBytes < FULL_DISK_BYTES) {
    return {
      name: 'disk',
      state: 'fail',
      message: `${free}; make room, because a ledger that cannot be written stops budgets.`,
    }
  }
  if (freeBytes < LOW_DISK_BYTES) return { name: 'disk', state: 'warn', message: `${free}; make room soon.` }
  return { name: 'disk', state: 'ok', message: `${free}.` }
}

export type LedgerState =
  | { kind: 'missing' }
  | { kind: 'unreadable'; reason: string }
  | { kind: 'read'; version: number; known: number; quickCheck: string }

export function checkLedger(path: string, state: LedgerState): readonly Finding[] {
  const finding = (result: Finding['state'], message: string): Finding[] => [
    { name: 'ledger', state: result, message },
  ]
  if (state.kind === 'missing') return finding('ok', 'none yet; it is made at the first start.')
  if (state.kind === 'unreadable') {
    return finding(
      'fail',
      `${path} cannot be read (${state.reason}); put a backup back with \`trimtab restore FILE\`.`,
    )
  }
  if (state.quickCheck !== 'ok') {
    return finding(
      'fail',
      `${path} is damaged (${state.quickCheck}); put a backup back with \`trimtab restore FILE\`.`,
    )
  }
  if (state.version > state.known) {
    return finding(
      'fail',
      `schema ${state.version} is of a newer trimtab than this one, which knows ${state.known}; run that version.`,
    )
  }
  if (state.version < state.known) {
    return finding(
      'warn',
      `sound, with schema ${state.version}; the next \`trimtab serve\` brings it to ${state.known}.`,
    )
  }
  return finding('ok', `sound, schema ${state.version}.`)
}

/** How near tokens were told before a provider counted them. */
export function checkEstimates(errors: readonly EstimateError[]): readonly Finding[] {
  const name = 'token estimates'
  if (errors.length === 0) return [{ name, state: 'ok', message: 'none to compare yet.' }]
  const told = errors.slice(0, MOST_WORKFLOWS).map((one) => `${one.workflow} ${errorWords(one)}`)
  const more = errors.length - told.length
  const others = more > 0 ? `, and ${more} more workflows` : ''
  const far = errors.filter(({ requests, meanError }) => requests >= ENOUGH_REQUESTS && meanError > FAR_ERROR)
  if (far.length === 0) return [{ name, state: 'ok', message: `${told.join(', ')}${others}.` }]
  const which = far.map(({ workflow }) => workflow).slice(0, MOST_WORKFLOWS)
  return [
    {
      name,
      state: 'warn',
      message: `${told.join(', ')}${others}; leave room in the limits, budgets and \`tokens\` rules of ${which.join(', ')}, or give each kind of its requests a workflow of its own.`,
    },
  ]
}

function errorWords({ requests, meanError }: EstimateError): string {
  return `${(meanError * 100).toFixed(1)} % off on average over ${requests} request${requests === 1 ? '' : 's'}`
}

/** Who listens on the port that `serve` would take. */
export type PortState =
  | { kind: 'free' }
  | { kind: 'trimtab' }
  | { kind: 'taken' }
  | { kind: 'refused'; reason: string }

export function checkPort(host: string, port: number, state: PortState): readonly Finding[] {
  const where = `${host}:${port}`
  switch (state.kind) {
    case 'free':
      return [{ name: 'port', state: 'ok', message: `${where} is free.` }]
    case 'trimtab':
      return [{ name: 'port', state: 'ok', message: `a trimtab answers at ${where}.` }]
    case 'taken':
      return [
        {
          name: 'port',
          state: 'fail',
          message: `something else listens at ${where}; stop it, or choose another with --port.`,
        },
      ]
    case 'refused':
      return [
        {
          name: 'port',
          state: 'fail',
          message: `${where} cannot be listened on (${state.reason}); choose another with --host and --port.`,
        },
      ]
    default:
      return state satisfies never
  }
}

/** `at` is when the table was published, Unix milliseconds. */
export function checkPrices(table: { version: string; at: number }, now: number): readonly Finding[] {
  const days = Math.floor((now - table.at) / DAY_MS)
  const age = `${table.version} is ${days} days old`
  if (days <= STALE_PRICES_DAYS) return [{ name: 'prices', state: 'ok', message: `${age}.` }]
  return [
    { name: 'prices', state: 'warn', message: `${age}; fetch a newer table with \`trimtab prices update\`.` },
  ]
}
