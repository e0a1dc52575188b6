/** The providers of a configuration: those it names, or those that are found where it names none. */
import type { Config } from '../../config.ts'
import { discoverProviders } from '../../providers/discovery.ts'
import type { ProviderSettings } from '../../providers/settings.ts'
import { probeLocalPort } from './probe.ts'

/** `note` is told what was found, a sentence each. */
export async function providersOf(
  config: Config,
  environment: NodeJS.ProcessEnv,
  note: (text: string) => void,
): Promise<readonly ProviderSettings[]> {
  if (!config.discoverProviders) return config.providers
  const found = await discoverProviders({
    environment,
    listen: config.listen,
    accessMode: config.access.mode,
    probe: probeLocalPort,
  })
  found.notes.forEach(note)
  return found.providers
}
