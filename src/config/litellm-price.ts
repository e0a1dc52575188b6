/** LiteLLM's prices, USD a token, as trimtab's, USD a million tokens. */

const MILLION = 1e6

/** By bucket; empty where none is stated. */
export function priceOf(settings: Readonly<Record<string, unknown>>): Record<string, number> {
  const pairs = [
    ['input', settings.input_cost_per_token],
    ['output', settings.output_cost_per_token],
    ['cache_read', settings.cache_read_input_token_cost],
    ['cache_write', settings.cache_creation_input_token_cost],
  ] as const
  return Object.fromEntries(
    pairs.flatMap(([bucket, perToken]) => {
      const usd = Number(perToken ?? Number.NaN) * MILLION
      return usd >= 0 ? [[bucket, Number(usd.toPrecision(12))]] : []
    }),
  )
}
