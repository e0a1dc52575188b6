/** What one kind of model server calls its figures on `/metrics`: rows of data, so that a new server is a table and no code. */

export interface Series {
  name: string
  /** Labels that it must have. */
  where?: Readonly<Record<string, string>>
  /** Seconds, where it counts in other units. */
  times?: number
}

/** Ways to say one figure, the best first; each is the sum of its series, and counts only where all of them are told. */
export type Figure = readonly (readonly Series[])[]

export interface Vocabulary {
  /** As its makers write it. */
  server: string
  /** Requests that it works on. */
  running?: Figure
  /** Requests in its own queue. */
  waiting?: Figure
  /** Share of the KV cache that is in use, from 0 to 1; the largest of several. */
  kvUsage?: Figure
  /** Of prompts, found in its prefix cache and looked for there, since its start; in one unit, whichever. */
  cached?: Figure
  queried?: Figure
  /** Seconds in its queue of all requests since its start, and how many these were. */
  queueSeconds?: Figure
  queued?: Figure
  /** Labels of parts of the server that all tell the same requests, so that the largest counts. */
  ranks?: readonly string[]
  /** A label that, where it has a text, tells a part of what the series without it tells. */
  parts?: string
}

/** One series of a name, and others that older or newer versions have in its place. */
export function named(...names: readonly string[]): Figure {
  return names.map((name) => [{ name }])
}
