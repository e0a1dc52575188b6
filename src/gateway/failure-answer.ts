/** Tells the caller that nothing answered: in our words, or in the provider's where the fault is the caller's own. */
import { Failure } from '../errors.ts'
import type { CallerRequest } from '../openai/passed-request.ts'
import { readErrorBody } from '../openai/wire-error.ts'
import { type Provider, sendsCallersKey } from '../providers/provider.ts'
import type { AnswerSink } from './answer-sink.ts'
import type { Ending } from './dispatch.ts'
import { failureOf, type ProviderAnswer, passesUnchanged } from './fault.ts'
import { headerText, passedBack, targetName } from './headers.ts'
import type { RequestError } from './observer.ts'
import type { Target } from './outbound.ts'
import { wireOf } from './relays/answer-wire.ts'

/** Whose failure is told, and in which endpoint's words. */
export interface Asked {
  id: string
  endpoint: CallerRequest['endpoint']
}

/** Returns the status that the caller got, and the code for the ledger. */
export function answerFaulty(
  sink: AnswerSink,
  asked: Asked,
  ending: Ending & { kind: 'faulty' },
): { status: number; error: RequestError } {
  const { fault, target, retried } = ending
  if (fault.answer && passesUnchanged(fault, sendsCallersKey(target.provider))) {
    const { headers } = fault.answer
    const { status, bytes } = refusalOf(fault.answer, target)
    sink.begin(status, [
      ...passedBack(headers),
      'content-length',
      String(bytes.byteLength),
      'x-trimtab-request-id',
      asked.id,
      'x-trimtab-model',
      headerText(targetName(target)),
    ])
    sink.write(bytes)
    sink.end()
    return { status, error: fault.kind }
  }
  const failure = failureOf({ ...fault, message: withoutKeys(fault.message, target.provider) }, retried)
  answerFailure(sink, asked, failure)
  return { status: failure.status, error: failure.code }
}

export function answerFailure(sink: AnswerSink, { id, endpoint }: Asked, failure: Failure): void {
  if (sink.begun) return sink.fail()
  const bytes = wireOf(endpoint).failureBody(failure)
  const headers = ['content-type', 'application/json', 'content-length', String(bytes.byteLength)]
  headers.push('x-trimtab-request-id', id)
  if (failure.retryAfterSeconds !== undefined) headers.push('retry-after', String(failure.retryAfterSeconds))
  if (!failure.worthRetrying) headers.push('x-should-retry', 'false')
  sink.begin(failure.status, headers)
  sink.write(bytes)
  sink.end()
}

/** As the provider answered; where it was asked in another API's words, in the caller's envelope. */
export function refusalOf(
  answer: ProviderAnswer,
  { conversion, provider }: Target,
): { status: number; bytes: Uint8Array } {
  const { status, bytes } = answer
  if (conversion === undefined) return { status, bytes: bytesWithoutKeys(bytes, provider) }
  const error = readErrorBody(bytes) ?? { message: `Provider ${provider.name} refused the request.` }
  const converted = conversion.refusal(
    { code: undefined, type: undefined, status: undefined, ...error },
    status,
  )
  const said = new TextEncoder().encode(JSON.stringify(converted.body))
  return { status: converted.status, bytes: bytesWithoutKeys(said, provider) }
}

/** The same bytes, unless they hold a key of ours. */
function bytesWithoutKeys(bytes: Uint8Array, provider: Provider): Uint8Array {
  const text = new TextDecoder().decode(bytes)
  const clean = withoutKeys(text, provider)
  return clean === text ? bytes : new TextEncoder().encode(clean)
}

/** A provider may repeat what it was sent, and our key is not the caller's. */
export function withoutKeys(message: string, { replicas }: Provider): string {
  return replicas.reduce((text, { credential }) => {
    const value =
      credential.kind === 'token' ? credential.token.value : 'value' in credential && credential.value
    return value ? text.replaceAll(value.replace(/^Bearer /, ''), '…') : text
  }, message)
}

/** What is not a Failure is ours to mend: the caller gets no stack trace. */
export function asFailure(error: unknown, requestId: string): Failure {
  if (error instanceof Failure) return error
  const message = `trimtab failed inside; its log has the cause under request ${requestId}.`
  return new Failure('internal', message, { cause: error })
}
