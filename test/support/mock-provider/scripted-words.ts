/** What models say whose names ask for an answer that does not suffice, and how sure models are of their tokens. */

const TEXTS: Readonly<Record<string, string>> = {
  refusal: "I'm sorry, but I can't help with that.",
  nothing: '',
  loop: 'The rudder turns and the tab turns. '.repeat(30),
  'half-json': '{"heard": "which way',
  'wrong-json': '{"unexpected": true}',
}

/** `small-says-refusal` refuses; undefined where the name asks for nothing. */
export function scriptedText(model: string): string | undefined {
  const [, script] = /says-([a-z-]+)$/.exec(model) ?? []
  return script === undefined ? undefined : TEXTS[script]
}

/** `small-says-wrong-call` calls tools with what they do not take. */
export function scriptedArguments(model: string): string | undefined {
  return model.endsWith('says-wrong-call') ? '{"unexpected": [true]}' : undefined
}

export interface Sureness {
  /** Of the token said, and of the next likeliest. */
  said: number
  other: number
}

/** Undefined where the probabilities of tokens were not asked for. */
export function surenessOf(body: Readonly<Record<string, unknown>>): Sureness | undefined {
  if (body.logprobs !== true) return undefined
  return String(body.model).includes('unsure') ? { said: 0.4, other: 0.35 } : { said: 0.95, other: 0.03 }
}

/** As OpenAI, llama.cpp, vLLM and SGLang write it beside the tokens of a choice. */
export function logprobsOf(tokens: readonly string[], sureness: Sureness | undefined): unknown {
  if (sureness === undefined) return null
  const entry = (token: string, probability: number) => ({
    token,
    logprob: Math.log(probability),
    bytes: [...Buffer.from(token)],
  })
  return {
    content: tokens.map((token) => ({
      ...entry(token, sureness.said),
      top_logprobs: [entry(token, sureness.said), entry(`${token}{"`, sureness.other)],
    })),
    refusal: null,
  }
}
