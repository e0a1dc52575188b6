/** The events of a stream, by name and data. */
import type { Heard } from './ask.ts'

interface Frame {
  event: string | undefined
  data: Readonly<Record<string, unknown>>
}

/** `[DONE]` is told as data of that type. */
export function framesOf({ text }: Pick<Heard, 'text'>): Frame[] {
  return text
    .split('\n\n')
    .filter((frame) => frame.includes('data: '))
    .map((frame) => {
      const data = /^data: (.*)$/m.exec(frame)?.[1] ?? ''
      return {
        event: /^event: (.*)$/m.exec(frame)?.[1],
        data: data === '[DONE]' ? { type: '[DONE]' } : JSON.parse(data),
      }
    })
}
