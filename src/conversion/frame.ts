/** One server-sent event of a converted stream, and the port of a conversion that makes them. */

export interface Frame {
  /** Undefined where the API names no events. */
  event: string | undefined
  data: string
}

/** Takes the provider's whole events, one by one, and gives the caller's. */
export interface StreamConversion {
  push(event: { event: string | undefined; data: string }): readonly Frame[]
  /** After the provider's last event: what still has to be said for the stream to be whole. */
  end(): readonly Frame[]
}

const encoder = new TextEncoder()

/** `data` must hold no line ends, as JSON written by this program does not. */
export function frameBytes({ event, data }: Frame): Uint8Array {
  return encoder.encode(event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`)
}
