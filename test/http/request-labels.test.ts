/** Labels in headers, as Node hands headers over: one character a byte. */
import { describe, expect, it } from 'vitest'
import { requestLabels } from '../../src/http/request-labels.ts'
import { parseModelRequest } from '../../src/openai/parse-model-request.ts'

const REQUEST = parseModelRequest(
  'chat/completions',
  new TextEncoder().encode('{"model":"m","messages":[{"role":"user","content":"hi"}]}'),
)

function labelsOf(headers: Readonly<Record<string, string>>) {
  return requestLabels(REQUEST, (name) => headers[name], Object.keys(headers))
}

function onTheWire(text: string, encoding: 'utf8' | 'latin1' = 'utf8'): string {
  return Buffer.from(text, encoding).toString('latin1')
}

describe('requestLabels', () => {
  it('reads what callers write in UTF-8', () => {
    const labels = labelsOf({
      'x-trimtab-workflow': onTheWire('Kündigung'),
      'x-trimtab-tags': onTheWire('länge=kurz,market=日本'),
    })
    expect(labels.workflow).toBe('Kündigung')
    expect(labels.tags).toEqual({ länge: 'kurz', market: '日本' })
  })

  it('takes for Latin-1 what is no UTF-8', () => {
    expect(labelsOf({ 'x-trimtab-step': onTheWire('prüfen', 'latin1') }).step).toBe('prüfen')
  })
})
