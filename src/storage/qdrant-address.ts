/** Where a Qdrant is, as its client and our own calls want it. */

export interface QdrantAddress {
  https: boolean
  host: string
  port: number
  /** Path before `/collections`, without a slash at its end; mostly empty. */
  prefix: string
  /** `https://host:port` */
  origin: string
}

/** Where Qdrant's REST listens, and where its own clients look for it. */
const USUAL_PORT = 6333

/** Without a port it is 6333, also with https, as for Qdrant's own clients. @throws TypeError where it is no URL */
export function qdrantAddress(url: string): QdrantAddress {
  const { protocol, hostname, pathname } = new URL(url)
  // URL leaves out a port that is usual for http or https, though it was written.
  const written = /^\w+:\/\/(?:\[[^\]]*\]|[^/:]*):(\d+)/.exec(url)?.[1]
  const port = written === undefined ? USUAL_PORT : Number(written)
  return {
    https: protocol === 'https:',
    host: hostname,
    port,
    prefix: pathname.replace(/\/+$/, ''),
    origin: `${protocol}//${hostname}:${port}`,
  }
}
