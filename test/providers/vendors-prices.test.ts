import { findProvider } from '@pydantic/genai-prices'
import { expect, test } from 'vitest'
import { VENDOR_IDS, vendorOf } from '../../src/providers/vendors.ts'

test.each(VENDOR_IDS)('the row of %s names a provider of the price table, or none', (id) => {
  const { priceProvider } = vendorOf(id)
  if (priceProvider !== undefined) expect(findProvider({ providerId: priceProvider })?.id).toBe(priceProvider)
  else expect(vendorOf(id).keyVariables).toEqual([])
})
