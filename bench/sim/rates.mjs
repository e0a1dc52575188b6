// How fast simulated servers are, and how much they remember. Each figure with where it is from; the rest is arithmetic
// on the cards' published memory and bandwidth, and marked so.

/** Tokens a block of the KV cache. vLLM has 16; four of them are one here, which a simulation does not tell apart. */
export const BLOCK_TOKENS = 64

/**
 * Qwen3-32B on two H100 (TP=2), as llm-d measures it:
 * - prefill 15,928 tokens/s: llm-d's calibrated `peakPrefillThroughput` for this very pair (blog of 2026-08-17);
 * - weights 64 GB at 2 x 3.35 TB/s, of which 70 % is reached: 14 ms a step (arithmetic);
 * - KV: 64 layers x 8 heads x 128 x 2 x 2 bytes = 262 kB a token: 56 ns to read, 300,000 tokens in what is left of
 *   160 GB x 0.9 (arithmetic). At 40 sequences of 7,200 tokens this makes 1,130 tokens/s a server; llm-d measured
 *   8,730 on eight of them.
 */
export const TWO_H100 = {
  prefillTokensPerMs: 15.928,
  weightsMs: 14,
  kvReadMsPerToken: 56e-6,
  overheadMs: 2,
  capacityTokens: 300_000,
  tokensPerStep: 8192,
  sequencesAtOnce: 256,
  // A vision encoder on a stream of its own. No published figure: 1,000 tokens of image in 60 ms is assumed.
  encodeTokensPerMs: 16,
}

/**
 * Llama-3.1-8B in fp8 on an L4, as KubeAI's benchmark ran it (KV in fp8, 16,384 tokens a step):
 * - weights 8.5 GB at 300 GB/s: 28 ms a step; KV 65 kB a token: 220 ns to read, 170,000 tokens in what is left of
 *   24 GB x 0.95 after the activations of so large a step (arithmetic);
 * - prefill 5,000 tokens/s: a third of the card's 242 TFLOPS in fp8 at 16 GFLOP a token (assumed).
 */
export const L4 = {
  prefillTokensPerMs: 5,
  weightsMs: 28,
  kvReadMsPerToken: 220e-6,
  overheadMs: 3,
  capacityTokens: 170_000,
  tokensPerStep: 16_384,
  sequencesAtOnce: 256,
  encodeTokensPerMs: 4,
}

/**
 * The same, once to prefill and once to decode, with 400 Gbit/s between them: 50 GB/s at 262 kB a token (arithmetic). Half as
 * many of them are the same cards.
 */
export const PREFILL_AND_DECODE = { ...TWO_H100, transferTokensPerMs: 190 }

/** The same server at a part of the speed: an older card in the same fleet. */
export function slower(rates, share) {
  return {
    ...rates,
    prefillTokensPerMs: rates.prefillTokensPerMs * share,
    weightsMs: rates.weightsMs / share,
    kvReadMsPerToken: rates.kvReadMsPerToken / share,
  }
}
