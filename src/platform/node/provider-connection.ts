/** One connection to a provider, which knows whether it has carried an answer before, and is made within an exact time. */
import { buildConnector, Client, errors } from 'undici'
import { handedOverAtOnce, ONREAD } from './provider-socket.ts'

/** What an exchange is told of the connection that carries it, through the options of its dispatch. */
export interface Carried {
  carrier: ConnectionHistory | undefined
}

export interface ConnectionHistory {
  /** Whole answers on the present socket. */
  answers: number
}

/** A client holds one socket at a time. */
export class ProviderConnection extends Client implements ConnectionHistory {
  answers = 0

  constructor(origin: URL, options: Client.Options) {
    super(origin, options)
    this.on('connect', () => {
      this.answers = 0
    })
  }

  override dispatch(...[options, handler]: Parameters<Client['dispatch']>): boolean {
    if ('carried' in options) (options.carried as Carried).carrier = this
    return super.dispatch(options, handler)
  }
}

/** undici's own timer is exact to a second only; it still destroys the socket that ours has given up. */
export function timedConnector(timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs, allowH2: false, onread: ONREAD })
  return (options, callback) => {
    let pending = true
    const timer = setTimeout(() => {
      pending = false
      callback(new errors.ConnectTimeoutError(`No connection within ${timeoutMs} ms`), null)
    }, timeoutMs)
    connect(options, (...[error, socket]: Parameters<typeof callback>) => {
      clearTimeout(timer)
      if (!pending) return void socket?.destroy()
      if (error || !socket) callback(error as Error, null)
      else callback(null, handedOverAtOnce(socket))
    })
  }
}
