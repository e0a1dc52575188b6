/** What a caller heard, held to what it was promised: whole, or an error in the shape of its endpoint. */

import type { Heard } from '../support/ask.ts'
import { framesOf } from '../support/frames.ts'
import { textOf } from '../support/mock-provider/chat-answer.ts'
import type { FaultKind } from '../support/mock-provider/fault.ts'
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'
import { toldText } from '../support/told-text.ts'
import { SPARE_MODEL } from './installation.ts'
import type { Planned } from './plan.ts'

/** `broken`: the connection ended before the answer did, which only an answer too large to be held may. */
export type Ending = 'answer' | 'cut' | 'refused' | 'broken' | 'left'

export interface Judged {
  ending: Ending
  /** What was promised and not kept. */
  faults: string[]
}

const CLOSINGS = { chat: '[DONE]', messages: 'message_stop', responses: 'response.completed' }
/** Faults after which an answer is whole all the same. */
const HARMLESS: ReadonlySet<FaultKind> = new Set([
  'none',
  'delay',
  'no_done',
  'drip',
  'huge',
  'close_after',
  'close_on_reuse',
])
const REFUSALS: readonly number[] = [429, 502, 503, 504]

/** `seen` are the attempts that the provider saw, oldest first. */
export function judge(
  planned: Planned,
  heard: Heard,
  hasLeft: boolean,
  seen: readonly SeenRequest[],
): Judged {
  if (hasLeft) return { ending: 'left', faults: [] }
  try {
    if (heard.end === 'broken') return broken(heard, seen)
    if (heard.status !== 200) return refusal(planned, heard)
    return planned.stream ? stream(planned, heard, seen) : json(planned, heard, seen)
  } catch (error) {
    return { ending: 'broken', faults: [`unreadable answer: ${String(error).slice(0, 80)}`] }
  }
}

function broken(heard: Heard, seen: readonly SeenRequest[]): Judged {
  const isHuge = heard.status === 200 && seen.some(({ fault }) => fault === 'huge')
  return { ending: 'broken', faults: isHuge ? [] : [`broken connection, status ${heard.status}`] }
}

function refusal({ way }: Planned, heard: Heard): Judged {
  const faults: string[] = []
  const { type, error } = JSON.parse(heard.text)
  if (!REFUSALS.includes(heard.status)) faults.push(`status ${heard.status}`)
  if (heard.headers['content-type']?.includes('application/json') !== true)
    faults.push('a refusal is no JSON')
  if (type !== (way.asked === 'messages' ? 'error' : undefined)) faults.push("another endpoint's envelope")
  if (typeof error?.type !== 'string' || !(String(error?.message).length > 0)) faults.push('an empty error')
  return { ending: 'refused', faults }
}

function stream(planned: Planned, heard: Heard, seen: readonly SeenRequest[]): Judged {
  const { asked } = planned.way
  // The middle of a huge answer is not kept.
  if (seen.some(({ fault }) => fault === 'huge')) return hugeStream(heard)
  const frames = framesOf(heard)
  const types = frames.map(({ data }) => data.type)
  const last = frames.at(-1)
  if (types.at(-1) === CLOSINGS[asked]) {
    return {
      ending: 'answer',
      faults: wrong(toldText(planned.way.asked, planned.stream, heard), heard, seen),
    }
  }
  const faults = Object.values(CLOSINGS).some((closing) => types.includes(closing))
    ? ['said after its end']
    : []
  const said = (last?.data.response ?? last?.data) as { error?: { message?: string } } | undefined
  if (!said?.error?.message) faults.push('a cut stream without an error')
  const name = { chat: undefined, messages: 'error', responses: 'response.failed' }[asked]
  if (last?.event !== name) faults.push(`a cut stream ends in ${last?.event}`)
  return { ending: 'cut', faults }
}

function hugeStream(heard: Heard): Judged {
  const last = heard.text.trimEnd().split('\n\n').at(-1) ?? ''
  if (last === 'data: [DONE]') return { ending: 'answer', faults: [] }
  return { ending: 'cut', faults: last.includes('"error"') ? [] : ['a cut stream without an error'] }
}

function json(planned: Planned, heard: Heard, seen: readonly SeenRequest[]): Judged {
  if (answeringOf(heard, seen)?.fault === 'huge') {
    const isWhole = heard.text.endsWith('"},"finish_reason":"stop"}]}')
    return { ending: 'answer', faults: isWhole ? [] : ['a cut answer taken for whole'] }
  }
  return { ending: 'answer', faults: wrong(toldText(planned.way.asked, planned.stream, heard), heard, seen) }
}

/** Not always the last: a busy provider may read an attempt that was given up after the one that took over. */
function answeringOf({ headers }: Heard, seen: readonly SeenRequest[]): SeenRequest | undefined {
  const bySpare = String(headers['x-trimtab-model']).startsWith('spare-')
  return seen.findLast(({ body }) => (body?.model === SPARE_MODEL) === bySpare)
}

function wrong(told: string, heard: Heard, seen: readonly SeenRequest[]): string[] {
  const answering = answeringOf(heard, seen)
  const choice = answering?.said?.choices[0]
  if (answering === undefined || choice === undefined) return ['an answer that no provider gave']
  const faults = HARMLESS.has(answering.fault) ? [] : [`${answering.fault} taken for whole`]
  if (told !== textOf(choice)) faults.push('another text than the provider gave')
  return faults
}
