/** Edits a request body by splicing bytes: what is not edited reaches the provider exactly as the caller wrote it. */
import { removals, type Splice, splice } from './body-splice.ts'
import type { MemberEdit } from './member-edit.ts'
import type { Member, RequestBody } from './model-request.ts'
import { afterString, scanObjectAt } from './scan-members.ts'

/** In which the APIs take a bound of the answer's length. */
export const BOUND_MEMBERS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const

export type BoundMember = (typeof BOUND_MEMBERS)[number]

export interface BodyEdits {
  model?: string | undefined
  /** Asks for a usage chunk where the caller did not. */
  includeUsage?: boolean | undefined
  /** Upper bound for the answer's length. */
  maxTokens?: number | undefined
  /** The member that carries the bound where the caller stated none; `max_completion_tokens` by default. */
  boundMember?: BoundMember | undefined
  /** Texts at which the answer ends. */
  stop?: { member: string; sequences: readonly string[] } | undefined
  /** Members of `metadata` whose names start so are taken out. */
  dropMetadataPrefix?: string | undefined
  /** Made without a note: whoever asks for them knows why. */
  members?: readonly MemberEdit[] | undefined
  /** Made without a note, within members that no other edit changes. */
  splices?: readonly Splice[] | undefined
}

export interface EditedBody {
  bytes: Uint8Array
  /** Each edit in a word, for the decision record. */
  notes: readonly string[]
}

interface Draft {
  request: RequestBody
  splices: Splice[]
  /** Names of top-level members that are taken out. */
  dropped: Set<string>
  /** `"name":value` of members to be added. */
  added: string[]
  notes: string[]
}

const OPEN_BRACE = 0x7b

/** The same `bytes` object comes back where nothing changes. */
export function editBody(request: RequestBody, edits: BodyEdits): EditedBody {
  const draft: Draft = { request, splices: [], dropped: new Set(), added: [], notes: [] }
  if (edits.members !== undefined) editMembers(draft, edits.members)
  if (edits.splices !== undefined) draft.splices.push(...edits.splices)
  if (edits.model !== undefined) setModel(draft, edits.model)
  if (edits.includeUsage) askForUsage(draft)
  if (edits.maxTokens !== undefined) {
    boundTokens(draft, edits.maxTokens, edits.boundMember ?? 'max_completion_tokens')
  }
  if (edits.stop !== undefined) {
    setMember(draft, edits.stop.member, JSON.stringify(edits.stop.sequences))
    draft.notes.push(edits.stop.member)
  }
  if (edits.dropMetadataPrefix !== undefined) dropMetadata(draft, edits.dropMetadataPrefix)
  if (draft.dropped.size > 0) draft.splices.push(...removalsOfMembers(draft))
  if (draft.added.length > 0) draft.splices.push(additionAtEnd(draft))
  if (draft.splices.length === 0) return { bytes: request.bytes, notes: draft.notes }
  return { bytes: splice(request.bytes, draft.splices), notes: draft.notes }
}

function editMembers(draft: Draft, edits: readonly MemberEdit[]): void {
  const { bytes, members } = draft.request
  for (const edit of edits) {
    const member = members.get(edit.name)
    if (edit.kind === 'drop') draft.dropped.add(edit.name)
    else if (edit.kind === 'set') setMember(draft, edit.name, JSON.stringify(edit.value))
    else if (member !== undefined) {
      const end = afterString(bytes, member.keyStart)
      draft.splices.push({ start: member.keyStart, end, text: JSON.stringify(edit.to) })
    }
  }
}

function removalsOfMembers({ request, dropped }: Draft): Splice[] {
  const members = [...request.members].map(([name, member]) => ({ ...member, name }))
  return removals(members, (name) => dropped.has(name))
}

function setModel(draft: Draft, model: string): void {
  if (draft.request.model === model) return
  setMember(draft, 'model', JSON.stringify(model))
  draft.notes.push('model')
}

function askForUsage(draft: Draft): void {
  const { request } = draft
  if (request.wantsUsage) return
  const options = request.members.get('stream_options')
  if (options !== undefined && request.bytes[options.valueStart] === OPEN_BRACE) {
    const inner = scanObjectAt(request.bytes, options.valueStart)
    const stated = inner.filter((member) => member.name === 'include_usage')
    for (const member of stated) replaceValue(draft, member, 'true')
    if (stated.length === 0) {
      const comma = inner.length > 0 ? ',' : ''
      const at = options.valueStart + 1
      draft.splices.push({ start: at, end: at, text: `"include_usage":true${comma}` })
    }
  } else {
    setMember(draft, 'stream_options', '{"include_usage":true}')
  }
  draft.notes.push('stream_options.include_usage')
}

function boundTokens(draft: Draft, bound: number, nameToAdd: string): void {
  let stated = false
  for (const name of BOUND_MEMBERS) {
    const asked = draft.request.body[name]
    if (typeof asked !== 'number' || draft.dropped.has(name)) continue
    stated = true
    if (asked <= bound) continue
    setMember(draft, name, String(bound))
    draft.notes.push(name)
  }
  if (stated) return
  setMember(draft, nameToAdd, String(bound))
  draft.notes.push(nameToAdd)
}

function dropMetadata(draft: Draft, prefix: string): void {
  const { bytes, members } = draft.request
  const metadata = members.get('metadata')
  if (metadata === undefined || bytes[metadata.valueStart] !== OPEN_BRACE) return
  const inner = scanObjectAt(bytes, metadata.valueStart)
  const kept = inner.filter((member) => !member.name.startsWith(prefix))
  if (kept.length === inner.length) return
  if (kept.length === 0) replaceValue(draft, metadata, '{}')
  else draft.splices.push(...removals(inner, (name) => name.startsWith(prefix)))
  draft.notes.push(`metadata.${prefix}*`)
}

function setMember(draft: Draft, name: string, json: string): void {
  const member = draft.request.members.get(name)
  if (member === undefined) draft.added.push(`${JSON.stringify(name)}:${json}`)
  else replaceValue(draft, member, json)
}

function replaceValue(draft: Draft, member: Member, json: string): void {
  draft.splices.push({ start: member.valueStart, end: member.valueEnd, text: json })
}

function additionAtEnd(draft: Draft): Splice {
  const { bytes, members } = draft.request
  // A map keeps the order of the body, so its last entry is the body's last member.
  const last = [...members.values()].at(-1)
  const at = last === undefined ? bytes.indexOf(OPEN_BRACE) + 1 : last.valueEnd
  const text = draft.added.join(',')
  return { start: at, end: at, text: last === undefined ? text : `,${text}` }
}
