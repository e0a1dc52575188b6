/** tiktoken, for the ledger's thread alone: an encoding takes a quarter of a second to load, and 80 MB with its engine. */
import { createRequire } from 'node:module'
import { countAnswer, countPrompt, type Encode } from '../../metering/count-tokens.ts'
import type { TokenCounts, Uncounted } from '../../metering/token-counter.ts'

type Encoding = TokenCounts['by']

interface Ranks {
  bpe_ranks: string
  special_tokens: Record<string, number>
  pat_str: string
}

/** OpenAI's models before GPT-4o, and its embeddings; `gpt-35` is Azure's way to write it. */
const CL100K = /(?:^|[/:])(?:gpt-4(?![\do.])|gpt-3\.?5|text-embedding-)/

/** The only way to read JSON that every Node from 20 on has without a warning. */
const require = createRequire(import.meta.url)
const loaded = new Map<Encoding, Promise<Encode>>()

/** A model's own encoding where that is public, else the newest: other makers' tokenizers come near it. */
export function encodingOf(model: string): Encoding {
  return CL100K.test(model.toLowerCase()) ? 'cl100k_base' : 'o200k_base'
}

/** By the recipe of `promptText`, and by what was kept of the answer. */
export async function countTokens({ model, prompt, answer }: Uncounted): Promise<TokenCounts> {
  const by = encodingOf(model)
  const encode = await encoder(by)
  return { by, input: countPrompt(prompt, encode), output: answer && countAnswer(answer, encode) }
}

/** Loads when first asked for, and keeps what it loaded. */
function encoder(encoding: Encoding): Promise<Encode> {
  let found = loaded.get(encoding)
  if (found === undefined) {
    found = load(encoding)
    loaded.set(encoding, found)
  }
  return found
}

async function load(encoding: Encoding): Promise<Encode> {
  const { Tiktoken } = await import('tiktoken/lite')
  const ranks = require(`tiktoken/encoders/${encoding}.json`) as Ranks
  const tokenizer = new Tiktoken(ranks.bpe_ranks, ranks.special_tokens, ranks.pat_str)
  // `ordinary`: a caller's text that spells a special token is text.
  return (text) => tokenizer.encode_ordinary(text).length
}
