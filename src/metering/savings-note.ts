/**
 * What of a request's baseline is whose saving, where more than one mechanism has a part in it. What no member names is the
 * saving of whoever answered in place of `model`, or else of the provider's prompt cache.
 */
export interface SavingsNote {
  /** `provider/model` that the baseline is the price of; absent where it is the one that answered. */
  model?: string
  /** What routing learned began the request at the tier that answered in its place. */
  learned?: true
  /** Nano-dollars that the prompt cache of the model that answered spared. */
  prefix?: number
  /** Tokens of input that were left out, and what they would have cost. */
  trimmedTokens?: number
  trimming?: number
  /** What a route in shadow would have done with the request. */
  shadowRoute?: ShadowRouteNote
}

export interface ShadowRouteNote {
  /** Where it would have begun. */
  tier: string
  /** `provider/model` of that tier; absent where it is the one that answered. */
  model?: string
  /** Nano-dollars of `model` for the same tokens, none of them read from a prompt cache; absent where no price is known. */
  costNanoUsd?: number
}
