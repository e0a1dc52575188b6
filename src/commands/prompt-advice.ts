/** Prompts that would be read from providers' caches, did what changes in them come last: advice for whoever writes them. */
import type { DivergenceFigures } from '../metering/prefix/prefix-figures.ts'
import type { ReportRow } from '../metering/reports.ts'
import { printable, usd } from './table.ts'

/** Members are those of `advise --json`. Told by the size of prompts, and by list prices. */
export interface PromptAdvice
  extends Pick<DivergenceFigures, 'place' | 'message' | 'character' | 'what' | 'share'> {
  workflow: string
  saved_tokens_per_month: number
  /** Null where no price is known. */
  saved_usd_per_month: number | null
  reason: string
}

const FEW_PROMPTS = 5
/** What happens more seldom is not worth a change. */
const SELDOM = 0.05

export function promptAdvice(workflow: string, { prefix }: ReportRow, months: number): PromptAdvice[] {
  if (prefix === undefined || prefix.compared < FEW_PROMPTS) return []
  return prefix.diverges
    .filter(({ movable_tokens, share }) => movable_tokens > 0 && share >= SELDOM)
    .map(({ place, message, character, what, share, movable_tokens, movable_usd, told }) => ({
      workflow,
      place,
      message,
      character,
      what,
      share,
      saved_tokens_per_month: Math.round(movable_tokens / months),
      saved_usd_per_month: movable_usd === null ? null : movable_usd / months,
      reason: told,
    }))
}

/** Lines. */
export function promptAdviceLines(advice: readonly PromptAdvice[]): string[] {
  return advice.flatMap(({ workflow, reason, saved_usd_per_month, saved_tokens_per_month }) => {
    const saved =
      saved_usd_per_month === null
        ? `have about ${saved_tokens_per_month.toLocaleString('en-US')} tokens a month read from caches`
        : `save about ${usd(saved_usd_per_month)} a month`
    return [
      `${printable(workflow)}: move what changes to the end of the prompt`,
      `  ${reason}`,
      `  At the end it would ${saved}, by the traffic of this span.`,
    ]
  })
}
