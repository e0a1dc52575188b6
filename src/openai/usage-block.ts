/** The usage block of an answer or a chunk, with the service tier that OpenAI writes beside it and Anthropic in it. */
import { isObject } from './is-object.ts'

type Wire = Readonly<Record<string, unknown>>

/** As the provider wrote it, but for `service_tier`, which decides the price and so belongs to it; undefined where there is none. */
export function usageBlock(holder: Wire): Wire | undefined {
  const usage = isObject(holder.usage) ? holder.usage : groqUsage(holder)
  const tier = holder.service_tier
  if (usage === undefined || typeof tier !== 'string' || typeof usage.service_tier === 'string') return usage
  // No spread: with a property after it, it has a hidden class of its own each time.
  return Object.assign({}, usage, { service_tier: tier })
}

/** Groq's streams have it in a block of their own where nobody asked for it. */
function groqUsage({ x_groq }: Wire): Wire | undefined {
  return isObject(x_groq) && isObject(x_groq.usage) ? x_groq.usage : undefined
}
