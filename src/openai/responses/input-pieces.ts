/** Where the pieces of a Responses input lie: texts, images and files, in messages and in what tools gave back. */
import { isObject } from '../is-object.ts'

type Fields = Readonly<Record<string, unknown>>

const NONE: readonly unknown[] = []

/** The content of a message, the output of a tool, or what an item shows itself: a screenshot, a generated image. */
export function piecesOf(item: Fields): readonly unknown[] {
  if (Array.isArray(item.content)) return item.content
  if (Array.isArray(item.output)) return item.output
  if (isObject(item.output)) return [asImage(item.output)]
  if (item.type === 'image_generation_call') return [{ type: 'input_image', image_url: item.result }]
  return NONE
}

/** Whether an item is a message: its `type` may be left out. */
export function isMessage(item: Fields): boolean {
  return item.type === 'message' || (item.type === undefined && item.role !== undefined)
}

function asImage(output: Fields): unknown {
  return output.type === 'computer_screenshot' ? { ...output, type: 'input_image' } : output
}
