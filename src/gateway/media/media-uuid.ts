/** The name by which a server keeps a medium: of whose it is and of every byte, so that no other one can ever have it. */

const encoder = new TextEncoder()

export async function mediaUuid(tenant: string, kind: string, base64: string): Promise<string> {
  // Beside the thread that serves.
  const digest = await crypto.subtle.digest('SHA-256', encoder.encode(`${tenant}\n${kind}\n${base64}`))
  const hex = [...new Uint8Array(digest, 0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
