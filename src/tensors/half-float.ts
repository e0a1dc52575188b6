/** Floating-point numbers of 16 bits: IEEE 754's binary16 (`FP16`), and the upper half of binary32 (`BF16`). */

const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** Rounded to the nearest, ties to even. */
export function toBfloat16(value: number): number {
  float[0] = value
  const whole = bits[0] as number
  if (Number.isNaN(value)) return (whole >>> 16) | 0x40
  return (whole + 0x7fff + ((whole >>> 16) & 1)) >>> 16
}

export function fromBfloat16(half: number): number {
  bits[0] = half << 16
  return float[0] as number
}

/** Rounded to the nearest, ties to even. */
export function toFloat16(value: number): number {
  float[0] = value
  const whole = bits[0] as number
  const sign = (whole >>> 16) & 0x8000
  const magnitude = whole & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  // Half way to what would be the next power of two rounds up, to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude < 0x38800000) return sign | subnormal(magnitude)
  const rebiased = magnitude - 0x38000000
  return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13)
}

export function fromFloat16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** As many of the smallest steps, 2^-24, as are nearest. */
function subnormal(magnitude: number): number {
  bits[0] = magnitude
  const steps = (float[0] as number) * 2 ** 24
  const below = Math.floor(steps)
  const rest = steps - below
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below
}
