/** `trimtab explain`: what would become of a request, and why, without sending it. */

import { type ForetellSources, foretell } from '../gateway/explained/foretell.ts'
import { explanationText } from './explanation-text.ts'
import type { Output } from './output.ts'
import { incomingOf, type RequestQuestion } from './request-question.ts'

interface ExplainParts {
  sources: ForetellSources
  /** What could not be looked at, a sentence each. */
  notes: readonly string[]
  now: number
}

/** Returns the exit code: 0, or 1 where the caller would get an error instead of an answer. */
export async function explainCommand(
  question: RequestQuestion,
  { json }: { json?: boolean | undefined },
  { sources, notes, now }: ExplainParts,
  output: Output,
): Promise<number> {
  const foretold = await foretell(incomingOf(question, now), sources, notes)
  if (json) output.out(JSON.stringify(foretold, null, 2))
  else output.out(explanationText(foretold))
  return foretold.failure === null ? 0 : 1
}
