// What the bench is asked for, on its command line.
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const EXAMPLE_MODEL = 'smollm2-135m-instruct'
export const { values } = parseArgs({
  options: {
    server: { type: 'string' },
    weights: { type: 'string' },
    model: { type: 'string', default: EXAMPLE_MODEL },
    title: { type: 'string' },
    // Further arguments of llama.cpp's server, separated by spaces.
    more: { type: 'string', default: '' },
    // Those among them that one may well leave out: the ageing is told with and without.
    tuning: { type: 'string', default: '' },
    // Of the ageing alone: other tunings, separated by `|`.
    variants: { type: 'string', default: '' },
    parts: { type: 'string', default: 'ageing,speed,escalation' },
    rounds: { type: 'string' },
    data: { type: 'string' },
    policy: { type: 'string' },
    replicas: { type: 'string' },
    parallel: { type: 'string' },
    slots: { type: 'string', default: '16' },
    tokens: { type: 'string' },
    seconds: { type: 'string' },
    pairs: { type: 'string' },
    prompts: { type: 'string' },
    'usd-per-hour': { type: 'string', default: '3.50' },
    out: { type: 'string', default: fileURLToPath(new URL('../results', import.meta.url)) },
    render: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
})

/** The options that were given, files by their names alone. */
export const asked = Object.entries(values).flatMap(([name, value]) => {
  if (!process.argv.some((word) => word === `--${name}` || word.startsWith(`--${name}=`))) return []
  if (name === 'out' || name === 'render') return []
  if (value === true) return [`--${name}`]
  const shown = ['server', 'weights', 'data', 'policy'].includes(name) ? basename(value) : value
  return [/^[\w./,-]+$/.test(shown) && !shown.startsWith('-') ? `--${name} ${shown}` : `--${name}='${shown}'`]
})
