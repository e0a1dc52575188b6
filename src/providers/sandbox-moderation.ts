/** A simulated moderation: nothing is flagged, and every text is said to have been looked at. */

const CATEGORIES = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/intent',
  'self-harm/instructions',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
]

/** An answer in OpenAI's shape, or in one sentence what is wrong with the request. */
export function moderationAnswer(body: Readonly<Record<string, unknown>>): object | string {
  const { input, model } = body
  if (typeof input !== 'string' && !(Array.isArray(input) && input.length > 0))
    return 'input must be a text, a list of texts, or a list of parts.'
  const each = <Value>(value: Value) => Object.fromEntries(CATEGORIES.map((name) => [name, value]))
  // Parts are of one input, texts of as many.
  const inputs = Array.isArray(input) && input.every((item) => typeof item === 'string') ? input : [input]
  return {
    id: 'modr-sandbox',
    model: typeof model === 'string' ? model : 'sandbox-moderation',
    system_fingerprint: 'trimtab-sandbox',
    results: inputs.map(() => ({
      flagged: false,
      categories: each(false),
      category_scores: each(0),
      category_applied_input_types: each(['text']),
    })),
  }
}
