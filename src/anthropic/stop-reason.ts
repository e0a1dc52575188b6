/** Why an answer ended: Anthropic's `stop_reason` and chat's `finish_reason`. */

const FINISH_OF_STOP: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  // The provider paused a long turn, which its caller may send back to be continued; chat has no word for it.
  pause_turn: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'content_filter',
}

const STOP_OF_FINISH: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  length: 'max_tokens',
  content_filter: 'refusal',
}

/** Reasons that are not known yet end an answer as any other. */
export function finishReasonOf(stopReason: string): string {
  return Object.hasOwn(FINISH_OF_STOP, stopReason) ? (FINISH_OF_STOP[stopReason] as string) : 'stop'
}

export function stopReasonOf(finishReason: string): string {
  return Object.hasOwn(STOP_OF_FINISH, finishReason) ? (STOP_OF_FINISH[finishReason] as string) : 'end_turn'
}

export function isStopReason(value: unknown): value is string {
  return typeof value === 'string' && Object.hasOwn(FINISH_OF_STOP, value)
}
