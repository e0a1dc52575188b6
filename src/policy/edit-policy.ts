/** Sets one value in the text of a policy file, and leaves every other byte as a person wrote it. */
import { isMap, isNode, isScalar, isSeq, type Node, parseDocument } from 'yaml'
import { type Path, valueAt } from './yaml-text.ts'

export type EditedValue = string | number | readonly string[]

/** The new text; undefined where the file is written so that it takes a person: by anchors, or with half a path left open. */
export function editPolicy(text: string, path: Path, value: EditedValue): string | undefined {
  const document = parseDocument(text)
  if (document.errors.length > 0) return undefined
  const edited = edit(text, document.contents, path, value)
  if (edited === undefined) return undefined
  const read = parseDocument(edited)
  const isSet =
    read.errors.length === 0 && JSON.stringify(valueAt(read.toJS(), path)) === JSON.stringify(value)
  return isSet ? edited : undefined
}

function edit(text: string, contents: Node | null, path: Path, value: EditedValue): string | undefined {
  if (contents === null) return `${endedLine(text)}${written(path, value)}\n`
  let node: Node = contents
  for (const [depth, step] of path.entries()) {
    const next = child(node, step)
    if (next === undefined) return inserted(text, node, path.slice(depth), value)
    node = next
  }
  if (!isScalar(node) && !isSeq(node)) return undefined
  const [start, end] = node.range ?? [0, 0]
  return text.slice(0, start) + flow(value) + text.slice(end)
}

function child(node: Node, step: string | number): Node | undefined {
  if (isMap(node)) {
    const found = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))?.value
    return isNode(found) ? found : undefined
  }
  const item = isSeq(node) && typeof step === 'number' ? node.items[step] : undefined
  return isNode(item) ? item : undefined
}

/** As the first member of the mapping, in its own style. */
function inserted(text: string, node: Node, path: Path, value: EditedValue): string | undefined {
  if (!isMap(node) || node.range == null) return undefined
  const [start] = node.range
  const member = written(path, value)
  if (node.flow === true) {
    const rest = node.items.length === 0 ? ' ' : ','
    return `${text.slice(0, start + 1)} ${member}${rest}${text.slice(start + 1)}`
  }
  const indent = start - (text.lastIndexOf('\n', start - 1) + 1)
  return `${text.slice(0, start)}${member}\n${' '.repeat(indent)}${text.slice(start)}`
}

/** `cache: { exact: { mode: on } }` for a path of three names. */
function written(path: Path, value: EditedValue): string {
  const [name, ...rest] = path
  return rest.length === 0 ? `${name}: ${flow(value)}` : `${name}: { ${written(rest, value)} }`
}

function flow(value: EditedValue): string {
  return Array.isArray(value) ? `[${value.map(plain).join(', ')}]` : plain(value as string | number)
}

/** In quotes where it would not be read as it is. */
function plain(value: string | number): string {
  const text = String(value)
  return typeof value === 'number' || /^[A-Za-z_][\w.-]*$/.test(text) ? text : JSON.stringify(text)
}

function endedLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}
