/** The key to the admin API: one for an installation, made at its first start. */
import { equalInConstantTime, type RandomBytes, randomText } from './api-key.ts'

const ADMIN_KEY = /^tta_[0-9a-hjkmnp-tv-z]{40}$/

/** A new admin key of 200 bits. */
export function generateAdminKey(randomBytes: RandomBytes): string {
  return `tta_${randomText(randomBytes, 40)}`
}

export function isAdminKey(text: string): boolean {
  return ADMIN_KEY.test(text)
}

/** Whether the caller of the admin API sent this installation's key; in constant time. */
export function verifyAdminKey(sent: string | undefined, adminKey: string): boolean {
  return sent !== undefined && equalInConstantTime(sent, adminKey)
}
