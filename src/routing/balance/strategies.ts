/** Each strategy by the name that a policy has for it. */
import type { Strategy, StrategyName } from './candidate.ts'
import { cost } from './cost.ts'
import { hybrid } from './hybrid.ts'
import { latency } from './latency.ts'
import { leastBusy } from './least-busy.ts'
import { prefix } from './prefix.ts'
import { priority } from './priority.ts'
import { session } from './session.ts'
import { usage } from './usage.ts'
import { weighted } from './weighted.ts'

export const STRATEGY: Readonly<Record<StrategyName, Strategy>> = {
  priority,
  weighted,
  prefix,
  least_busy: leastBusy,
  latency,
  usage,
  cost,
  hybrid,
  session,
}
