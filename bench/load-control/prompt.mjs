// What callers of the overload ask, and of whom: a prompt is prefilled in 100 ms in the mean, beside which 20 tokens of an answer
// each wait for the steps of all others. Lengths differ, or all that begin together would end together.
import { L4 } from '../sim/rates.mjs'

export const PROMPT = { tokens: 500, answerTokens: 20, spread: 0.8 }

/** With vLLM's usual step for servers on such cards: KubeAI's of 16,384 has thirty prompts begin and end together. */
export const RATES = { ...L4, tokensPerStep: 2048 }
