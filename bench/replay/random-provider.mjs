// The tests' mock provider with answers of random length and random failures, all drawn from a seed:
// `node random-provider.mjs SEED`, bundled first. Prints its base URL.
import { startMockProvider } from '../../test/support/mock-provider/mock-provider.ts'
import { seeded } from '../seeded.mjs'

const random = seeded(Number(process.argv[2]))
/** `small` writes less than `large` does, counts more tokens for the same text, is quicker and fails more often. */
const MODELS = {
  small: { writes: 0.75, counts: 1.15, ms: 4, fails: 0.06 },
  large: { writes: 1, counts: 1, ms: 14, fails: 0.02 },
}

const mock = await startMockProvider({ keep: 1 })
mock.script(({ body }) => {
  const model = MODELS[body?.model] ?? MODELS.large
  if (random() < model.fails) return { kind: 'status', status: 503 }
  const bytes = new TextEncoder().encode(JSON.stringify(answerTo(body, model)))
  // Two writes, and between them what it takes to answer.
  return {
    kind: 'replay',
    contentType: 'application/json',
    bytes,
    at: [1],
    betweenMs: Math.round(model.ms * (0.5 + 1.5 * random() ** 2)),
  }
})
process.stdout.write(`listening on ${mock.url}\n`)
process.stdin.on('data', () => {})
process.stdin.on('end', () => process.exit(0))

/** What is asked for is as many words as the prompt says; how many come is random around it. */
function answerTo(body, { writes, counts }) {
  const text = body.messages.map(({ content }) => content).join(' ')
  const wanted = Number(/about (\d+) words/.exec(text)?.[1] ?? 100)
  const prompt = Math.round((text.split(/\s+/).length + 7) * counts)
  const drawn = Math.max(1, Math.round(wanted * 1.3 * writes * Math.exp(0.5 * normal() - 0.125)))
  const completion = Math.min(drawn, body.max_tokens ?? body.max_completion_tokens ?? drawn)
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: body.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'So it is.' },
        finish_reason: completion < drawn ? 'length' : 'stop',
      },
    ],
    usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
  }
}

function normal() {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
