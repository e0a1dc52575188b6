/** Media that a vLLM server keeps by uuid, and the words in which it refuses one that it does not have. */
import type { Refusal } from './check-request.ts'

const KINDS = { image_url: 'image', audio_url: 'audio', video_url: 'video' } as const

export class VllmMediaCache {
  readonly #kept = new Set<string>()
  /** Null where it keeps nothing, as `--mm-processor-cache-gb 0` has it. */
  readonly keeps: boolean

  constructor(keeps = true) {
    this.keeps = keeps
  }

  get size(): number {
    return this.#kept.size
  }

  /** As after a new start. */
  clear(): void {
    this.#kept.clear()
  }

  /** Keeps what came along with its uuid. */
  check(messages: readonly unknown[]): Refusal | undefined {
    const indices = { image: 0, audio: 0, video: 0 }
    for (const part of messages.flatMap(partsOf)) {
      const kind = KINDS[part.type as keyof typeof KINDS]
      if (kind === undefined) continue
      const index = indices[kind]++
      const { uuid } = part
      if (uuid !== undefined && typeof uuid !== 'string') return refusal('uuid must be a string.')
      const held = part[String(part.type)]
      if (held === null || held === undefined) {
        if (uuid === undefined) return refusal(`A ${kind} needs its data or a uuid.`)
        if (!this.#kept.has(`${kind} ${uuid}`))
          return refusal(`Cache miss for ${kind} at index ${index} but data is not provided.`)
      } else if (uuid !== undefined && this.keeps) this.#kept.add(`${kind} ${uuid}`)
    }
    return undefined
  }
}

function partsOf(message: unknown): Record<string, unknown>[] {
  const { content } = message as { content?: unknown }
  return Array.isArray(content) ? (content as Record<string, unknown>[]) : []
}

function refusal(message: string): Refusal {
  return { status: 400, message, type: 'BadRequestError', param: null, code: null }
}
