/** One server-sent event that a conversion says, and the shape of conversions of streams. */

export interface Frame {
  event: string | undefined
  data: string
  /** Of the event that tells a whole answer's usage: its data is one JSON object. */
  tellsUsage?: true
}

/** Takes whole events, so that it does not matter how a provider's bytes were cut. */
export interface StreamConversion {
  push(event: Frame): readonly Frame[]
  /** What is still to be said after the provider's last event; nothing where that stream was cut off. */
  end(): readonly Frame[]
}

const encoder = new TextEncoder()

export function frameBytes({ event, data }: Frame): Uint8Array {
  const lines = data.split('\n').map((line) => `data: ${line}\n`)
  return encoder.encode(`${event === undefined ? '' : `event: ${event}\n`}${lines.join('')}\n`)
}
