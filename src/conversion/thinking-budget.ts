/** Efforts in words and budgets of thinking in tokens: Claude before 4.6 knows budgets alone, chat knows words alone. */

/** The least that Anthropic takes. */
export const LEAST_BUDGET = 1024

const TOKENS: Readonly<Record<string, number>> = {
  minimal: LEAST_BUDGET,
  low: LEAST_BUDGET,
  medium: 4096,
  high: 16_384,
  xhigh: 32_768,
  max: 32_768,
}

/** Words that are not known yet ask for a medium effort. */
export function tokensOfEffort(effort: string): number {
  return (Object.hasOwn(TOKENS, effort) ? TOKENS[effort] : undefined) ?? 4096
}

/** The highest effort whose tokens the budget reaches; `high` at most, which every reasoning model knows. */
export function effortOfBudget(tokens: number): string {
  if (tokens >= 16_384) return 'high'
  return tokens >= 4096 ? 'medium' : 'low'
}
