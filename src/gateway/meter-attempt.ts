/** What one attempt's answer cost. */
import { type Metered, meterAnswer, unbilled } from '../metering/meter.ts'
import { isBackground } from '../openai/stored-answer.ts'
import type { Journey } from './journey.ts'
import type { Target } from './outbound.ts'
import { meterPassed } from './passed/meter-passed.ts'
import type { AnswerSeen } from './relays/relay.ts'

export function meterAttempt(
  { gateway, incoming, input }: Pick<Journey, 'gateway' | 'incoming' | 'input'>,
  { provider, model }: Pick<Target, 'provider' | 'model'>,
  seen: AnswerSeen,
): Metered {
  const { request, at } = incoming
  const subject = { provider: provider.name, priceProvider: provider.priceProvider, model, at }
  if (request.passed !== undefined) return meterPassed(gateway.pricer(), subject, request, seen, input.tokens)
  // Nobody knows yet: it is billed when it is read.
  if (seen.usage === undefined && isBackground(request)) return unbilled()
  return meterAnswer(gateway.pricer(), subject, seen, input.tokens)
}
