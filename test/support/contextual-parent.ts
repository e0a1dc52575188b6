/** A program that embeds one text and then lives on: it prints the process id of the process that computed. */
import { writeSync } from 'node:fs'
import type { EmbedderModel } from '../../src/platform/node/embedder-model.ts'
import { openMinilm } from './minilm.ts'

const [model = '{}', script = ''] = process.argv.slice(2)
const embedder = openMinilm(JSON.parse(model) as EmbedderModel, { script })
await embedder.embed(['How do I reset my password?'])
writeSync(1, `${embedder.pid}\n`)
setInterval(() => {}, 1000)
