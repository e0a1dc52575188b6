/** Files of documents, read into a data folder as the command reads them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { addKnowledge } from '../../src/commands/knowledge-add.ts'
import type { Config } from '../../src/config.ts'
import { documentFiles, readDocument, readDocumentBytes } from '../../src/platform/node/document-files.ts'
import { openKnowledgeWriting } from '../../src/platform/node/knowledge-writing.ts'

export const RETURNS = `# Returns

You may return any item within 30 days of delivery. Items must be unused and in their original packaging, with the receipt
enclosed in the parcel.

## Refunds

Refunds are paid to the card that you paid with, five working days after we have your parcel. Shipping costs are not refunded
unless the item was faulty.
`
export const FAQ = `question,answer
How do I reset my password?,"Open Settings and choose ""Reset password""; a link comes by e-mail."
Which payment methods do you accept?,"We accept Visa, Mastercard and PayPal."
`
const VECTORS: Config['vectors'] = {
  use: 'embedded',
  timeoutMs: 1000,
  memoryBytes: 2 ** 26,
  diskBytes: 2 ** 30,
  mostEntries: 1e6,
}

/** Where words alone tell: no thread has to start. */
export function configOf(
  data: string,
  vectors: Config['vectors'] = VECTORS,
): Pick<Config, 'data' | 'vectors' | 'embedding'> {
  return { data, vectors, embedding: { use: 'static' } as Config['embedding'] }
}

export interface Added {
  code: number
  out: string
  errors: string
}

export async function addFiles(
  data: string,
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  more: { collection?: string; tenant?: string; prune?: boolean; vectors?: Config['vectors'] } = {},
): Promise<Added> {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  const { collection = 'help', tenant = '', prune, vectors } = more
  const knowledge = await openKnowledgeWriting(configOf(data, vectors))
  const number = knowledge.open(collection, tenant)
  const out: string[] = []
  const errors: string[] = []
  try {
    const code = await addKnowledge(
      collection,
      { prune },
      {
        ...documentFiles([folder]),
        known: knowledge.documents(number),
        open(file) {
          const { bytes, digest } = readDocumentBytes(file)
          return { digest: `${digest} ${knowledge.reading}`, read: () => readDocument(file, bytes) }
        },
        put: (document) => knowledge.put({ number, name: collection, tenant }, document),
        remove: (documents) => knowledge.remove(number, documents),
        progress: () => {},
      },
      { out: (line) => out.push(line), error: (line) => errors.push(line) },
    )
    return { code, out: out.join('\n'), errors: errors.join('\n') }
  } finally {
    await knowledge.close()
  }
}
