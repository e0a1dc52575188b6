/** Whether a request's budgets refuse it whichever of its policy's models is chosen, so that nothing need be asked to choose. */
import { Failure } from '../../errors.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Departure, Journey } from '../journey.ts'
import { reservationsFor } from './budgets.ts'

type Spending = Pick<Journey, 'budgets' | 'input'>

/** By the shortest answer that any rule bounds: who may be served is not taken for refused. */
export function nothingFits(
  { incoming, gateway }: Pick<Departure, 'incoming' | 'gateway'>,
  { tiers, route, output }: Policy,
  { budgets, input }: Spending,
): boolean {
  if (budgets === undefined) return false
  const all = [...tiers.values()]
  if (all.some(({ documents }) => documents !== undefined)) return false // which cost nothing
  const bounds = [output.maxTokens, ...route.rules.map(({ maxTokens }) => maxTokens)].filter(
    (bound) => bound !== undefined,
  )
  const maxTokens = bounds.length === 0 ? undefined : Math.min(...bounds)
  const { lookup } = gateway.registry()
  const { model: asked } = incoming.request
  const models = [...all.flatMap(({ use }) => use.map(({ model }) => model)), ...(asked ? [asked] : [])]
  const targets = models.flatMap((model) => lookup(model) ?? [])
  return !targets.some((target) => {
    try {
      const reservations = reservationsFor({ incoming, gateway, budgets, maxTokens, input }, target)
      return reservations === undefined || gateway.budgets.haveRoom(reservations)
    } catch (error) {
      if (error instanceof Failure) return false // its price is not known
      throw error
    }
  })
}
