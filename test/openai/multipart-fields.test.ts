import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { multipartFields } from '../../src/openai/multipart-fields.ts'

const encoder = new TextEncoder()

describe('multipartFields', () => {
  test('finds the fields of any form as fetch writes it, whatever its files hold', async () => {
    const name = fc.constantFrom('model', 'stream', 'prompt', 'n', 'user')
    const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((value) => !/[\r\n]/.test(value))
    const file = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc
        .constantFrom('\r\n--', '\r\n\r\n', '--\r\n', 'name="model"')
        .map((tricky) => encoder.encode(tricky.repeat(3))),
    )
    const part = fc.oneof(fc.record({ name, text }), fc.record({ name, file }))
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(part, { selector: (one) => one.name }), async (parts) => {
        const form = new FormData()
        for (const one of parts) {
          if ('text' in one) form.append(one.name, one.text)
          else form.append(one.name, new Blob([one.file as Uint8Array<ArrayBuffer>]), 'a.bin')
        }
        const request = new Response(form)
        const bytes = new Uint8Array(await request.clone().arrayBuffer())
        const fields = multipartFields(bytes, request.headers.get('content-type') ?? '')
        const wanted = parts.flatMap((one) => ('text' in one ? [[one.name, one.text]] : []))
        expect([...fields].map(([key, { value }]) => [key, value])).toEqual(wanted)
        for (const { value, start, end } of fields.values()) {
          expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start, end))).toBe(value)
        }
      }),
    )
  })

  test.each([
    ['no boundary', 'multipart/form-data', '--b\r\n\r\n\r\n--b--'],
    ['another boundary', 'multipart/form-data; boundary=c', form('b')],
    ['a body cut short', 'multipart/form-data; boundary=b', form('b').slice(0, -20)],
    ['nothing', 'multipart/form-data; boundary=b', ''],
  ])('finds nothing in %s', (_, type, body) => {
    expect(multipartFields(encoder.encode(body), type).size).toBe(0)
  })

  test.each(['boundary=b', 'boundary="b"', 'charset=utf-8; Boundary=b'])(
    'reads the type with %s',
    (parameter) => {
      const fields = multipartFields(
        encoder.encode(`preamble\r\n${form('b')}`),
        `multipart/form-data; ${parameter}`,
      )
      expect(fields.get('model')?.value).toBe('whisper-1')
    },
  )
})

function form(boundary: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name=model\r\n\r\nwhisper-1\r\n--${boundary}--\r\n`
}
