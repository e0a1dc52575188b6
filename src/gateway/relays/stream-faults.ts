/** What can go wrong with a stream of events, in words. */
import type { StreamEventFacts } from '../../openai/read-stream-event.ts'
import { type Fault, fault } from '../fault.ts'

export function contentFiltered(provider: string): Fault {
  return fault('content_filter', `Provider ${provider} withheld the answer: its content filter struck.`, {
    contentFilter: true,
  })
}

export function faultOfEvent(provider: string, facts: StreamEventFacts & { kind: 'error' }): Fault {
  const kind = facts.status === 429 ? 'rate_limited' : 'server_error'
  const note = `Provider ${provider} broke off with an error.`
  return fault(kind, `Provider ${provider} broke off with an error: ${facts.message}`, { note })
}

export function unreadable(provider: string, error: unknown): Fault {
  const reason = error instanceof Error ? error.message : String(error)
  return fault('malformed', `Provider ${provider} sent an unreadable stream: ${reason}.`)
}

export function notJson(provider: string): Fault {
  return fault('malformed', `Provider ${provider} sent an event that is not JSON.`)
}

export function unfinished(provider: string): Fault {
  return fault('reset', `Provider ${provider} ended its stream before the answer was finished.`)
}
