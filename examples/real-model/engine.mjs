// The model itself: chat messages in, tokens out, one request at a time on one thread.
import { pathToFileURL } from 'node:url'
import { fetchEngine, fetchWeights } from './fetch.mjs'

const CONTEXT_TOKENS = 2048

/**
 * @returns `answer(messages, maxTokens, signal, onText)`, which resolves with the counts of the model's own
 * tokenizer: `{ promptTokens, completionTokens, finishReason }`
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

  async function answer(messages, maxTokens, signal, onText) {
    const prompt = model.tokenize(chatPrompt(messages), true)
    if (prompt.length + maxTokens > CONTEXT_TOKENS) {
      throw new RangeError(`This model's context is ${CONTEXT_TOKENS} tokens; ${prompt.length} came in.`)
    }
    await sequence.clearHistory()
    const tokens = []
    let said = ''
    let finishReason = 'stop'
    for await (const token of sequence.evaluate(prompt, { temperature: 0 })) {
      if (signal.aborted || model.isEogToken(token)) break
      tokens.push(token)
      const text = model.detokenize(tokens)
      // A character may take several tokens: it is said once it is whole.
      if (!text.endsWith('\ufffd')) {
        onText(text.slice(said.length))
        said = text
      }
      if (tokens.length >= maxTokens) {
        finishReason = 'length'
        break
      }
    }
    return { promptTokens: prompt.length, completionTokens: tokens.length, finishReason }
  }

  return oneAtATime(answer)
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
