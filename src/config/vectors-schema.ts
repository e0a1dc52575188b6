/** `vectors`: where remembered questions are found, and within which bounds. */
import type { z } from 'zod'
import { choice, closed, duration, numeric, size, webAddress, wholeNumber } from '../setting-values.ts'

const MEGABYTE = 1024 ** 2
/** What an index in this process is for; beyond it a server of its own is. */
const MOST_EMBEDDED_ENTRIES = 1_000_000
const DEFAULT_TIMEOUT_MS = 50

export function vectorsSchema<Secret extends z.ZodType>(secret: Secret) {
  return closed({
    use: choice(['embedded', 'qdrant']).optional(),
    url: webAddress('http://127.0.0.1:6333').optional(),
    api_key: secret.optional(),
    timeout: duration({ text: '10s', ms: 10_000 }).optional(),
    memory: size(64).optional(),
    disk: size(999).optional(),
    entries: numeric(wholeNumber(1, 100_000_000)).optional(),
  })
}

/** `timeoutMs` is the longest that a lookup waits. */
export type VectorsSettings =
  | { use: 'embedded'; timeoutMs: number; memoryBytes: number; diskBytes: number; mostEntries: number }
  | { use: 'qdrant'; timeoutMs: number; url: string; apiKey: string | undefined }

type VectorsContent = Partial<
  Record<'memory' | 'disk' | 'entries' | 'timeout', number> & {
    use: 'embedded' | 'qdrant'
    url: string
    api_key: unknown
  }
>

/** A key that nothing would read is refused: it was meant for something. */
export function vectorsSettings(
  written: { [Key in keyof VectorsContent]?: VectorsContent[Key] | undefined },
  refuse: (path: readonly string[], message: string) => void,
): VectorsSettings {
  const { use = 'embedded', url, api_key, timeout: timeoutMs = DEFAULT_TIMEOUT_MS } = written
  const foreign =
    use === 'embedded' ? (['url', 'api_key'] as const) : (['memory', 'disk', 'entries'] as const)
  for (const key of foreign) {
    if (written[key] === undefined) continue
    refuse(['vectors', key], `must not stand where vectors.use is \`${use}\`, which has no use for it`)
  }
  if (use === 'embedded') {
    const { memory = 512 * MEGABYTE, disk = 4096 * MEGABYTE, entries = MOST_EMBEDDED_ENTRIES } = written
    return { use, timeoutMs, memoryBytes: memory, diskBytes: disk, mostEntries: entries }
  }
  if (url === undefined) {
    refuse(
      ['vectors', 'use'],
      'must not be `qdrant` without vectors.url, where it listens, such as `http://127.0.0.1:6333`',
    )
  }
  return { use, timeoutMs, url: url ?? '', apiKey: typeof api_key === 'string' ? api_key : undefined }
}
