// The model itself: chat messages in, tokens out, one request at a time on one thread.
import { pathToFileURL } from 'node:url'
import { fetchEngine, fetchWeights } from './fetch.mjs'

const CONTEXT_TOKENS = 2048

/**
 * @returns `answer(messages, maxTokens, signal, onText, topLogprobs)`, which resolves with the counts of the model's own
 * tokenizer: `{ promptTokens, completionTokens, finishReason }`. With `topLogprobs` it calls `onText(text, logprobs)`, with
 * an entry for each token of the text as OpenAI writes them.
 */
export async function loadEngine() {
  const { getLlama } = await import(pathToFileURL(fetchEngine()).href)
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    maxThreads: 1,
    logLevel: 'error',
    progressLogs: false,
  })
  const model = await llama.loadModel({ modelPath: fetchWeights() })
  const context = await model.createContext({ contextSize: CONTEXT_TOKENS, sequences: 1, threads: 1 })
  const sequence = context.getSequence()

  async function answer(messages, maxTokens, signal, onText, topLogprobs) {
    const prompt = model.tokenize(chatPrompt(messages), true)
    if (prompt.length + maxTokens > CONTEXT_TOKENS) {
      throw new RangeError(`This model's context is ${CONTEXT_TOKENS} tokens; ${prompt.length} came in.`)
    }
    await sequence.clearHistory()
    const tokens = []
    let said = ''
    let untold = []
    let finishReason = 'stop'
    for await (const { token, logprob } of evaluated(prompt, topLogprobs)) {
      if (signal.aborted || model.isEogToken(token)) break
      tokens.push(token)
      untold.push(logprob)
      const text = model.detokenize(tokens)
      // A character may take several tokens: it is said once it is whole.
      if (!text.endsWith('\ufffd')) {
        onText(text.slice(said.length), topLogprobs === undefined ? undefined : untold)
        said = text
        untold = []
      }
      if (tokens.length >= maxTokens) {
        finishReason = 'length'
        break
      }
    }
    return { promptTokens: prompt.length, completionTokens: tokens.length, finishReason }
  }

  /** The likeliest token each time, and where it is asked for, how likely it and the next ones were. */
  async function* evaluated(prompt, topLogprobs) {
    if (topLogprobs === undefined) {
      for await (const token of sequence.evaluate(prompt, { temperature: 0 })) yield { token }
      return
    }
    const plain = { temperature: 1, topK: 0, topP: 1, minP: 0 }
    const walk = sequence.evaluateWithMetadata(prompt, { probabilities: true }, plain)
    for (let step = await walk.next(); !step.done; ) {
      const likeliest = [...firstOf(step.value.probabilities, Math.max(1, topLogprobs))]
      const [token] = likeliest[0]
      yield {
        token,
        logprob: { ...entry(likeliest[0]), top_logprobs: likeliest.slice(0, topLogprobs).map(entry) },
      }
      step = await walk.next(token)
    }
  }

  function entry([token, probability]) {
    const text = model.detokenize([token])
    return { token: text, logprob: Math.log(probability), bytes: [...Buffer.from(text)] }
  }

  return oneAtATime(answer)
}

function* firstOf(map, count) {
  for (const item of map) {
    if (count-- === 0) return
    yield item
  }
}

/** The model's own template (ChatML). */
function chatPrompt(messages) {
  const turns = messages.map(({ role, content }) => `<|im_start|>${role}\n${textOf(content)}<|im_end|>\n`)
  return `${turns.join('')}<|im_start|>assistant\n`
}

function textOf(content) {
  return typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('')
}

function oneAtATime(work) {
  let last = Promise.resolve()
  return (...args) => {
    const mine = last.then(() => work(...args))
    last = mine.catch(() => {})
    return mine
  }
}
