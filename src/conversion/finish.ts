/** How an answer ended, from one API's members to the other's. */
import { finishReasonOf, isStopReason, stopReasonOf } from '../anthropic/stop-reason.ts'
import { isObject } from '../openai/is-object.ts'
import type { Fields } from './converted.ts'

/**
 * Members of a choice. `stop_reason` is the stop sequence that was met, as vLLM reports it; `native_finish_reason` is
 * Anthropic's word where `finish_reason` says less, as OpenRouter reports it; `stop_details` are Anthropic's.
 */
export function finishOfMessage({ stop_reason, stop_sequence, stop_details }: Fields): Fields {
  const reason = typeof stop_reason === 'string' ? stop_reason : 'end_turn'
  const finish = finishReasonOf(reason)
  const choice: Fields = { finish_reason: finish }
  if (typeof stop_sequence === 'string') choice.stop_reason = stop_sequence
  else if (stopReasonOf(finish) !== reason) choice.native_finish_reason = reason
  if (isObject(stop_details)) choice.stop_details = stop_details
  return choice
}

/** Why Anthropic's classifiers withheld an answer, for chat's `refusal`. */
export function explanationOf({ stop_details }: Fields): string | undefined {
  const explanation = isObject(stop_details) ? stop_details.explanation : undefined
  return typeof explanation === 'string' && explanation !== '' ? explanation : undefined
}

/**
 * `stop_reason`, `stop_sequence` and `stop_details` of a message.
 * @param refusal the choice's refusal, in chat beside the content
 */
export function stopOfChoice(choice: Fields, refusal: unknown): Fields {
  const { finish_reason, native_finish_reason, stop_reason, stop_details } = choice
  const finish = typeof finish_reason === 'string' ? finish_reason : 'stop'
  const refused = typeof refusal === 'string' && refusal !== ''
  const stop: Fields = { stop_reason: stopReasonOf(finish), stop_sequence: null }
  if (isStopReason(native_finish_reason) && finishReasonOf(native_finish_reason) === finish) {
    stop.stop_reason = native_finish_reason
  } else if (finish === 'stop' && refused) {
    stop.stop_reason = 'refusal'
  } else if (finish === 'stop' && typeof stop_reason === 'string') {
    stop.stop_reason = 'stop_sequence'
    stop.stop_sequence = stop_reason
  }
  if (isObject(stop_details)) stop.stop_details = stop_details
  else if (refused) stop.stop_details = { type: 'refusal', category: null, explanation: refusal }
  return stop
}
