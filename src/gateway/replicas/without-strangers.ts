/** Which targets may be asked with the key that the caller sent. */
import { sendsCallersKey } from '../../providers/provider.ts'
import type { Target } from '../outbound.ts'

/** The caller's own key is meant for one provider: another that would also be sent it is left out. */
export function withoutStrangers(targets: readonly Target[]): readonly Target[] {
  const first = targets[0]?.provider.name
  return targets.filter(({ provider }) => provider.name === first || !sendsCallersKey(provider))
}
