/** Tensors as bytes and as JSON: what is written is what is read, for every datatype, shape and value. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { binaryOf, valuesOf } from '../../src/tensors/binary-values.ts'
import {
  DATATYPES,
  type Datatype,
  elementCount,
  numbersOf,
  type Tensor,
  type Values,
} from '../../src/tensors/datatype.ts'
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../../src/tensors/half-float.ts'
import { jsonOf, valuesOfJson } from '../../src/tensors/json-values.ts'
import { inferAnswer, inferRequest } from '../../src/tensors/kserve.ts'
import { parseLooseJson } from '../../src/tensors/loose-json.ts'
import { nestedOf, tensorOfNested } from '../../src/tensors/nested-values.ts'
import { teiAnswer } from '../../src/tensors/tei.ts'
import { TensorFault } from '../../src/tensors/tensor-fault.ts'

const shape = fc.array(fc.nat({ max: 4 }), { maxLength: 3 })
const half = fc.nat({ max: 0xffff })

const ELEMENTS: Readonly<Record<Datatype, fc.Arbitrary<number | bigint | Uint8Array>>> = {
  BOOL: fc.nat({ max: 1 }),
  UINT8: fc.nat({ max: 0xff }),
  UINT16: fc.nat({ max: 0xffff }),
  UINT32: fc.nat({ max: 0xffffffff }),
  UINT64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  INT8: fc.integer({ min: -128, max: 127 }),
  INT16: fc.integer({ min: -32768, max: 32767 }),
  INT32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  INT64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  FP16: half.map(fromFloat16),
  BF16: half.map(fromBfloat16),
  FP32: fc.float(),
  FP64: fc.double(),
  BYTES: fc.uint8Array({ maxLength: 6 }),
}

const tensor: fc.Arbitrary<Tensor> = fc
  .tuple(fc.constantFrom(...DATATYPES), shape)
  .chain(([datatype, lengths]) => {
    const count = elementCount(lengths)
    return fc
      .tuple(
        fc.string({ minLength: 1 }),
        fc.array(ELEMENTS[datatype], { minLength: count, maxLength: count }),
      )
      .map(([name, elements]) => ({ name, datatype, shape: lengths, values: held(datatype, elements) }))
  })

function held(datatype: Datatype, elements: readonly (number | bigint | Uint8Array)[]): Values {
  if (datatype === 'BYTES') return elements as Uint8Array[]
  const values = numbersOf(datatype, elements.length)
  for (const [index, element] of elements.entries()) values[index] = element as never
  return values
}

/** NaN is the same as NaN, 0 is not -0. */
const listed = (values: Values): unknown[] => Array.from(values as Iterable<unknown>, (value) => value)

describe('as bytes', () => {
  test('every tensor comes back as it was', () => {
    fc.assert(
      fc.property(tensor, ({ datatype, shape: lengths, values }) => {
        expect(listed(valuesOf(datatype, lengths, binaryOf(datatype, values)))).toEqual(listed(values))
      }),
      { numRuns: 500 },
    )
  })

  test('wherever in a body it lies: a part of a Buffer at an odd place', () => {
    const bytes = Buffer.concat([Buffer.from('x'), binaryOf('FP32', Float32Array.of(1.5, -2))])
    expect(listed(valuesOf('FP32', [2], bytes.subarray(1)))).toEqual([1.5, -2])
  })

  test('bytes too many or too few are refused', () => {
    fc.assert(
      fc.property(tensor, fc.constantFrom(-1, 1), ({ datatype, shape: lengths, values }, more) => {
        const bytes = binaryOf(datatype, values)
        const other = new Uint8Array(Math.max(0, bytes.byteLength + more))
        other.set(bytes.subarray(0, other.byteLength))
        if (other.byteLength !== bytes.byteLength)
          expect(() => valuesOf(datatype, lengths, other)).toThrow(TensorFault)
      }),
    )
  })
})

describe('as JSON', () => {
  test('what JSON can say comes back, flat and nested', () => {
    fc.assert(
      fc.property(tensor, ({ datatype, shape: lengths, values }) => {
        const json = jsonOf(datatype, values)
        const isExact =
          !/INT64/.test(datatype) || listed(values).every((value) => Number.isSafeInteger(Number(value)))
        if (json === undefined || !isExact) return
        // JSON writes -0 as 0.
        const expected = listed(values).map((value) => (Object.is(value, -0) ? 0 : value))
        expect(listed(valuesOfJson(datatype, lengths, JSON.parse(json)))).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  test('what it cannot say is told as such: bytes that are no text, numbers that are none', () => {
    expect(jsonOf('BYTES', [Uint8Array.of(0xff)])).toBeUndefined()
    expect(jsonOf('FP32', Float32Array.of(Number.NaN))).toBeUndefined()
  })

  test('nested lists tell their shape, and a row of another length is refused', () => {
    const nested = nestedOf(
      { datatype: 'FP32', shape: [2, 1, 2], values: Float32Array.of(1, 2, 3, 4) },
      false,
    )
    expect(nested).toEqual([[[1, 2]], [[3, 4]]])
    expect(tensorOfNested('x', nested)).toMatchObject({ datatype: 'FP64', shape: [2, 1, 2] })
    expect(() => tensorOfNested('x', [[1, 2], [3]])).toThrow(TensorFault)
    expect(() => tensorOfNested('x', [[1, 'a']])).toThrow(TensorFault)
  })

  test('bare NaN and infinities are read, and left alone within texts', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('NaN', 'Infinity', '-Infinity'), (text, bare) => {
        const parsed = parseLooseJson(`{"text": ${JSON.stringify(`${bare} ${text}`)}, "value": [1, ${bare}]}`)
        expect(parsed).toEqual({ text: `${bare} ${text}`, value: [1, Number(bare)] })
      }),
    )
  })
})

describe('what a server that is unwell may send', () => {
  test('bare NaN beside a text of megabytes', () => {
    const text = 'x"\\'.repeat(3_000_000)
    expect(parseLooseJson(`{"text": ${JSON.stringify(text)}, "value": NaN}`)).toEqual({
      text,
      value: Number.NaN,
    })
    expect(parseLooseJson(`{"text": "${'x'.repeat(10_000_000)}`)).toBeUndefined()
  })

  test('lists as deep as memory allows', () => {
    const deep = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000))
    expect(() => tensorOfNested('x', deep)).toThrow(TensorFault)
    expect(() => valuesOfJson('FP32', [1, 1], deep)).toThrow(TensorFault)
  })

  test('base64 that is none', () => {
    expect(() => tensorOfNested('x', [{ b64: '!' }])).toThrow(TensorFault)
  })

  // Where places are taken as they are told, this one would take minutes, and hold up whoever else is served.
  test('a rank of a document that nobody asked about', () => {
    for (const index of [-1, 1, 2 ** 32 - 2]) {
      const ranks = Buffer.from(JSON.stringify([{ index, score: 0.5 }]))
      expect(() => teiAnswer('/rerank', ranks)).toThrow(/index/)
    }
  })
})

describe('numbers of 16 bits', () => {
  test('every one of both kinds is what it becomes again', () => {
    for (let bits = 0; bits <= 0xffff; bits++) {
      if (!Number.isNaN(fromFloat16(bits)) && toFloat16(fromFloat16(bits)) !== bits)
        throw new Error(`FP16 ${bits}`)
      if (!Number.isNaN(fromBfloat16(bits)) && toBfloat16(fromBfloat16(bits)) !== bits)
        throw new Error(`BF16 ${bits}`)
    }
    expect(toFloat16(Number.NaN) & 0x7fff).toBeGreaterThan(0x7c00)
    expect(toBfloat16(Number.NaN) & 0x7fff).toBeGreaterThan(0x7f80)
  })

  test('what lies between two becomes the nearer', () => {
    fc.assert(
      fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (value) => {
        const bits = toFloat16(value)
        const off = Math.abs(fromFloat16(bits) - value)
        for (const other of [bits - 1, bits + 1]) {
          const near = fromFloat16(other & 0xffff)
          if (Number.isFinite(near)) expect(off).toBeLessThanOrEqual(Math.abs(near - value))
        }
      }),
    )
  })
})

describe('an answer of KServe’s', () => {
  test('binary or not, holds the tensors that a request of them would', () => {
    fc.assert(
      fc.property(fc.array(tensor, { maxLength: 3 }), fc.boolean(), (tensors, binary) => {
        const { bytes, headerLength } = inferRequest(tensors, [], { binary })
        // A request and an answer write tensors alike.
        const json = new TextDecoder().decode(bytes.subarray(0, headerLength))
        const header = new TextEncoder().encode(
          json.replace('"inputs"', '"outputs"').replace(/,"outputs":\[\]\}$/, '}'),
        )
        const body = new Uint8Array([...header, ...bytes.subarray(headerLength ?? bytes.byteLength)])
        const read = inferAnswer(body, headerLength === undefined ? undefined : header.byteLength)
        expect(read.map(({ name, shape: lengths }) => ({ name, lengths }))).toEqual(
          tensors.map(({ name, shape: lengths }) => ({ name, lengths })),
        )
        if (binary)
          expect(read.map(({ values }) => listed(values))).toEqual(
            tensors.map(({ values }) => listed(values)),
          )
      }),
    )
  })

  test.each([
    ['{}', undefined, /names no outputs/],
    ['{"outputs":[{"name":"A","datatype":"FP32","shape":[2],"data":[1]}]}', undefined, /1 elements came/],
    ['{"outputs":[{"name":"A","datatype":"FP99","shape":[1],"data":[1]}]}', undefined, /unknown datatype/],
    [
      '{"outputs":[{"name":"A","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}}]}',
      undefined,
      /says 4 bytes, and 0 came/,
    ],
    ['{"outputs":[]}', 84, /84 bytes of JSON, and 14 came/],
    ['{"outputs":[]}x', 14, /1 bytes came behind/],
  ])('that is none is told as such: %s', (text, length, message) => {
    expect(() => inferAnswer(new TextEncoder().encode(text), length)).toThrow(message)
  })
})
