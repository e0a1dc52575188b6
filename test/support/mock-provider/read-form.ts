/** Reads a form as a strict server does: whatever RFC 7578 does not allow is thrown at. */

export interface FormPart {
  name: string
  filename: string | undefined
  type: string | undefined
  bytes: Buffer
}

/** @throws Error where the body is no whole form of that type */
export function readForm(bytes: Uint8Array, contentType: string): readonly FormPart[] {
  const boundary = /^multipart\/form-data;\s*boundary="?([^";]+)"?$/i.exec(contentType)?.[1]
  if (boundary === undefined) throw new Error(`no form: ${contentType}`)
  const text = Buffer.from(bytes).toString('latin1')
  const pieces = text.split(`--${boundary}`)
  const last = pieces.pop()
  if (pieces.shift() !== '' || last === undefined || !/^--(\r\n)?$/.test(last)) throw new Error('cut short')
  return pieces.map((piece) => {
    const head = piece.indexOf('\r\n\r\n')
    if (!piece.startsWith('\r\n') || head === -1 || !piece.endsWith('\r\n')) throw new Error('no part')
    return partOf(piece.slice(2, head), Buffer.from(piece.slice(head + 4, -2), 'latin1'))
  })
}

function partOf(head: string, bytes: Buffer): FormPart {
  const disposition = /^content-disposition: form-data; name="([^"]*)"(?:; filename="([^"]*)")?$/im.exec(head)
  if (disposition?.[1] === undefined) throw new Error(`no name: ${head}`)
  const type = /^content-type: (.+)$/im.exec(head)?.[1]
  return { name: disposition[1], filename: disposition[2], type, bytes }
}

export function fieldOf(parts: readonly FormPart[], name: string): string | undefined {
  return parts.find((part) => part.name === name)?.bytes.toString()
}
