/** What of a provider's block is about tensors: its models, and the keys that have no place beside them. */
import type { TensorSettings } from '../providers/tensors/served-model.ts'
import type { Surroundings } from './provider-settings.ts'
import type { ProviderContent } from './schema.ts'
import { tensorModelKeys } from './tensor-model-schema.ts'
import { isTensorDialect, tensorSettings } from './tensor-settings.ts'

/** Undefined where OpenAI's or Anthropic's words are understood. */
export function tensorsOf(
  content: ProviderContent,
  sharesCalls: boolean,
  refuse: Surroundings['refuse'],
): TensorSettings | undefined {
  const { dialect, models } = content
  if (!isTensorDialect(dialect)) {
    for (const [name, facts] of Object.entries(models === undefined || Array.isArray(models) ? {} : models))
      for (const key of Object.keys(tensorModelKeys))
        if (key in facts)
          refuse(
            ['models', name, key],
            `must not stand where dialect is \`${dialect}\`, which names no tensors`,
          )
    return undefined
  }
  for (const key of ['vendor', 'path', 'endpoints', 'supports_stream_options'] as const)
    if (content[key] !== undefined)
      refuse(
        [key],
        `must not stand where dialect is \`${dialect}\`: it is about servers that speak OpenAI’s dialect`,
      )
  const settings = tensorSettings(dialect, models, refuse)
  // Workers let no request wait for another's call.
  for (const { name, batch } of settings.models.values())
    if (batch !== undefined && !sharesCalls)
      refuse(['models', name, 'batch'], 'must not stand on this platform, where requests share no calls')
  return settings
}
