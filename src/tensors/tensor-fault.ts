/** A tensor that is not what it says it is; the message is a sentence without its stop. */

export class TensorFault extends Error {
  override readonly name = 'TensorFault'
}
