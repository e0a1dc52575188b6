/** A provider that is never asked: for tests of what would be sent to it. */
import { buildProvider } from '../../src/providers/build-provider.ts'
import { AccessToken } from '../../src/providers/tokens/access-token.ts'
import type { VendorId } from '../../src/providers/vendors.ts'

export function silentProvider(vendor: VendorId) {
  return buildProvider(
    {
      name: vendor,
      vendor,
      baseUrls: [{ origin: 'http://provider.example', path: '/v1' }],
      accounts: [{ name: 'default', key: 'none' }],
      models: new Map(),
      maxInFlight: undefined,
      overrides: {},
    },
    {
      send() {
        throw new Error('nothing is sent here')
      },
    },
    () => new AccessToken(() => Promise.reject(new Error('no token is asked for here')), Date.now),
    Date.now,
  )
}
