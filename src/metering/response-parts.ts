/** Sizes of the parts of a Responses request, as `partSizes` gives them of a chat request. */
import { isObject } from '../openai/is-object.ts'
import type { ModelRequest } from '../openai/model-request.ts'
import { piecesOf } from '../openai/responses/input-pieces.ts'
import { isSystemRole } from '../openai/turns-of.ts'
import {
  addPiece,
  type InputPart,
  lastUserTurn,
  lengthOf,
  MESSAGE_CHARACTERS,
  type Sizes,
} from './part-sizes.ts'

/** Encrypted reasoning is base64 of about what it hides. */
const ENCRYPTED_SHARE = 3 / 4

export function addResponseParts(sizes: Sizes, { body, members }: ModelRequest): void {
  for (const name of ['tools', 'text']) {
    const member = members.get(name)
    if (member !== undefined) sizes.tools += member.valueEnd - member.valueStart
  }
  if (typeof body.instructions === 'string') sizes.system += body.instructions.length + MESSAGE_CHARACTERS
  if (typeof body.input === 'string') sizes.last_user_turn += body.input.length + MESSAGE_CHARACTERS
  else if (Array.isArray(body.input)) addItems(sizes, body.input)
}

function addItems(sizes: Sizes, items: readonly unknown[]): void {
  const turn = lastUserTurn(items)
  for (let index = 0; index < items.length; index++) {
    const item: unknown = items[index]
    if (!isObject(item)) continue
    const isSystem = isSystemRole(item.role)
    const inTurn = index >= turn.start && index < turn.end
    addItem(sizes, isSystem ? 'system' : inTurn ? 'last_user_turn' : 'history', item)
  }
}

function addItem(sizes: Sizes, part: InputPart, item: Readonly<Record<string, unknown>>): void {
  sizes[part] += MESSAGE_CHARACTERS
  for (const name of ['content', 'output', 'name', 'arguments', 'input']) sizes[part] += lengthOf(item[name])
  sizes[part] += lengthOf(item.encrypted_content) * ENCRYPTED_SHARE
  for (const piece of piecesOf(item)) addPiece(sizes, part, piece)
}
