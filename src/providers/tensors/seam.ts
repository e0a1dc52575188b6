/** How the gateway, which asks in OpenAI's words, names an endpoint of a server of tensors: behind this, below its base path. */

const SEAM = '/@/'

export function seamPath(endpoint: string): string {
  return SEAM + endpoint
}

/** Undefined for a path that was not made so. */
export function askedAtSeam(path: string): { basePath: string; endpoint: string } | undefined {
  const [asked = ''] = path.split('?', 1)
  const at = asked.lastIndexOf(SEAM)
  return at === -1 ? undefined : { basePath: asked.slice(0, at), endpoint: asked.slice(at + SEAM.length) }
}
