/** Which inputs of a tensor server's model take the bytes of images. */
import type { InputBinding, ServedEndpoint } from '../providers/tensors/served-model.ts'
import type { TensorModelContent } from './tensor-model-schema.ts'

type Input = Exclude<NonNullable<TensorModelContent['input']>[string], string>
type Refuse = (path: readonly string[], message: string) => void

/** Of embeddings and moderations by what it takes, of a custom route as it says. @param refuse below the input */
export function isImageInput(
  serves: ServedEndpoint,
  { from, datatype, media }: Input,
  refuse: Refuse,
): boolean {
  const isTaken = (serves === 'embeddings' || serves === 'moderations') && from === 'image'
  if (media !== undefined && serves !== 'custom')
    refuse(['media'], 'must not stand here: it is about custom routes; others take `image`')
  if (media !== undefined && from === undefined)
    refuse(['media'], 'must not stand beside `value`: it is about what a request has')
  const isImage = isTaken || media === 'image'
  if (isImage && datatype !== undefined && datatype !== 'BYTES')
    refuse(['datatype'], 'must be `BYTES` for an image: its file goes as it is')
  return isImage
}

/** A row is one thing. */
export function refuseMixed(serves: ServedEndpoint, inputs: readonly InputBinding[], refuse: Refuse): void {
  if (serves === 'custom' || !inputs.some(({ isImage }) => isImage === true)) return
  if (inputs.some(({ from }) => from === 'text'))
    refuse(['input'], 'must take either `text` or `image`: declare the model twice, under two names')
}
