/** What a provider says that an answer cost. OpenRouter does: one name stands for many hosts there, each with its price. */
import { isObject } from '../openai/is-object.ts'

type Wire = Readonly<Record<string, unknown>>

/** Ids in the price table. Others write a `cost` as well, which is no bill. */
const BILLS_AS_STATED: ReadonlySet<string> = new Set(['openrouter'])
/** Beyond any real answer; keeps sums exact where a provider reports nonsense. */
const MOST_USD = 1e6

export function billsAsStated(priceProvider: string | undefined): boolean {
  return priceProvider !== undefined && BILLS_AS_STATED.has(priceProvider)
}

/** Nano-dollars, halves up; undefined where nothing is stated, or only a part of it. */
export function statedNanoUsd(wire: Wire): number | undefined {
  const cost = dollars(wire.cost)
  if (cost === undefined) return undefined
  if (wire.is_byok !== true) return nano(cost)
  // With a key of one's own at the model's host, `cost` is the fee, and the host sends its own bill.
  const upstream = isObject(wire.cost_details)
    ? dollars(wire.cost_details.upstream_inference_cost)
    : undefined
  return upstream === undefined ? undefined : nano(cost) + nano(upstream)
}

function dollars(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= MOST_USD ? value : undefined
}

/** The decimal that is meant: 2.5e-9 is a half, and not a hair beside it. */
function nano(usd: number): number {
  return Math.round(Number((usd * 1e9).toPrecision(15)))
}
