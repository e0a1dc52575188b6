// What is asked of each gateway in each round.
import { madeQuestions } from './made-questions.mjs'

const WORDS = 'The operator asks for the cheapest answer that is good enough, and for proof of it. '

/** A request body of one kilobyte. */
function body(model, stream, temperature = 0.7) {
  const messages = [
    { role: 'system', content: 'Answer in one sentence.' },
    { role: 'user', content: WORDS.repeat(12).slice(0, stream ? 820 : 840) },
  ]
  return JSON.stringify({ model, messages, temperature, ...(stream ? { stream: true } : {}) })
}

/** A kilobyte again, in which only the question differs. */
function asking() {
  const messages = [
    { role: 'system', content: WORDS.repeat(12).slice(0, 820) },
    { role: 'user', content: '%TEXT%' },
  ]
  return JSON.stringify({ model: CHAT_MODEL, messages, temperature: 0 })
}

/** So many questions at least are remembered before `everything` is measured. */
export const REMEMBERED = 10_000
/** So many are asked for that: prices and the like, whose answers change by the hour, are not remembered. */
const ASKED_BEFORE = 12_000

/** Asks the questions that are to be remembered, once each. */
export function rememberedQuestions() {
  const texts = madeQuestions().slice(0, ASKED_BEFORE)
  return { ...PLAIN, body: asking(), texts, clients: 32, durationMs: 120_000 }
}

export const CHAT_MODEL = 'sized-1000'
export const STREAM_MODEL = 'paced-64-10'
export const QUICK_STREAM_MODEL = 'paced-64-1'
/** Until then a good part of what a gateway uses goes into compiling it; other work may be asked otherwise. */
const WARM_UP_MS = 10_000
const PLAIN = { expect: { end: '}', minBytes: 1000 }, staggerMs: 0 }

/** What a gateway is asked before it is measured. */
export function warmUpOf({ job, warmUp }, quick) {
  return { ...job, durationMs: WARM_UP_MS, ...warmUp, ...(quick && { durationMs: 400 }) }
}

/** `cost` names the figure that is compared: CPU a request, or added latency. */
export function workloads({ quick }) {
  const plain = { ...PLAIN, body: body(CHAT_MODEL, false) }
  const streamed = { body: body(STREAM_MODEL, true), expect: { end: 'data: [DONE]', minBytes: 5000 } }
  return [
    {
      name: 'forward',
      title: '1 KB chat forwarded, 32 clients',
      cost: 'cpu',
      job: { ...plain, clients: 32, durationMs: quick ? 1200 : 5000, maxRequests: 100_000 },
    },
    {
      // The same deterministic request over and over: trimtab answers from memory, the others ask again.
      name: 'hit',
      title: '1 KB chat repeated exactly, 32 clients',
      cost: 'cpu',
      remembered: true,
      job: {
        ...plain,
        body: body(CHAT_MODEL, false, 0),
        clients: 32,
        durationMs: quick ? 800 : 3000,
        maxRequests: 100_000,
      },
    },
    {
      // Another question each time: none is known exactly, all are looked up by meaning.
      name: 'everything',
      title: '1 KB chat, another question each time, 32 clients',
      cost: 'cpu',
      job: {
        ...plain,
        body: asking(),
        texts: madeQuestions().slice(ASKED_BEFORE, 7 * ASKED_BEFORE),
        clients: 32,
        durationMs: quick ? 800 : 4000,
        maxRequests: 100_000,
      },
    },
    {
      name: 'stream',
      title: '64-chunk streams, chunks 10 ms apart, 64 in parallel',
      cost: 'cpu',
      // Paced as they are, they show compilers little in a second: after 30 a seventh of what we used was still compilation.
      warmUp: { body: body(QUICK_STREAM_MODEL, true), durationMs: 20_000, staggerMs: 1 },
      job: { ...streamed, clients: 64, durationMs: quick ? 1400 : 7000, maxRequests: 10_000, staggerMs: 11 },
    },
    {
      name: 'latency',
      title: '1 KB chat, one client',
      cost: 'latency',
      job: { ...plain, clients: 1, durationMs: quick ? 500 : 3000, maxRequests: 2000 },
    },
  ]
}
