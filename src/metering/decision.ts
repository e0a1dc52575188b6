/** The decision record: why a request went where it went. `requests ID`, the dashboard and logs all read this one. */
import type { PartSizes } from './parts.ts'

export const DECISION_VERSION = 1

export interface Decision {
  version: typeof DECISION_VERSION
  /** Name of the policy that decided, and the digest of its file. */
  policy: { workflow: string; digest: string }
  facts: Readonly<Record<string, string | number | boolean | readonly string[]>>
  /** What the input consists of: see `attributeInput`. Absent where no target was planned. */
  parts?: PartSizes
  rule: string | undefined
  /** `provider/model` of each target in the order of the plan, with its tier. */
  candidates: readonly { target: string; tier: string | undefined }[]
  attempts: readonly AttemptNote[]
  /** Edits made to the caller's body, in words: `model`, `stream_options.include_usage`, … */
  edits: readonly string[]
  reasons: readonly string[]
}

export interface AttemptNote {
  target: string
  replica: string
  outcome: string
  status: number | undefined
  detail: string | undefined
}
