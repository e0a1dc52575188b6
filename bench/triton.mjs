// The tests' double of Triton as plain JavaScript in a process of its own: `node bench/triton.mjs [--call-ms N] [--row-ms N]`.
import { pathToFileURL } from 'node:url'
import { bundled } from './bundled.mjs'

const outfile = await bundled('../test/support/tensor-servers/main.ts', 'triton.mjs')
await import(pathToFileURL(outfile).href)
