/** A provider's address, checked once and split as requests need it. */

export interface BaseUrl {
  /** `https://host:port`, no path. */
  origin: string
  /** Path prefix without a trailing slash; empty where there is none. */
  path: string
}

/** The address in a text, or in words what it must be instead. */
export function parseBaseUrl(text: string): BaseUrl | string {
  if (!URL.canParse(text)) return 'an address like https://host/v1'
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'an http:// or https:// address'
  if (url.username !== '' || url.password !== '')
    return 'an address without a user name or password (use api_key)'
  if (url.search !== '' || url.hash !== '') return 'an address without ? or # (use query)'
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, '') }
}

export function formatBaseUrl(baseUrl: BaseUrl): string {
  return baseUrl.origin + baseUrl.path
}

/** Whether an address is trimtab's own, under any name of this machine: forwarding there would never end. */
export function pointsAtSelf(baseUrl: BaseUrl, listen: { host: string; port: number }): boolean {
  const url = new URL(baseUrl.origin)
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  if (port !== listen.port) return false
  const host = unbracketed(url.hostname)
  const ours = unbracketed(listen.host.toLowerCase())
  if (host === ours) return true
  return isLocalName(host) && (isLocalName(ours) || isWildcard(ours))
}

function isLocalName(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.') || isWildcard(host)
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function unbracketed(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host
}
