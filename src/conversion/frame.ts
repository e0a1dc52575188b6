/** One server-sent event as a conversion gives it. */

export interface Frame {
  event: string | undefined
  /** One line: JSON, or `[DONE]`. */
  data: string
}

const encoder = new TextEncoder()

export function frameBytes({ event, data }: Frame): Uint8Array {
  return encoder.encode(event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`)
}
