/**
 * What a provider has read stays byte for byte in a conversation's next request, whatever is rewritten on the way: only so
 * do prompt caches find it. Marks for them are no part of the prompt. Leaving out the oldest turns is exempt: it is lossy,
 * and moves what stands behind by its nature.
 */

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseMessagesRequest } from '../../../src/anthropic/parse-messages-request.ts'
import { Failure } from '../../../src/errors.ts'
import { outboundBody } from '../../../src/gateway/outbound.ts'
import { lookAtMarks } from '../../../src/gateway/prefix/mark-prefix.ts'
import { prefixOf } from '../../../src/gateway/prefix/prefix.ts'
import { servingTargets } from '../../../src/gateway/serving.ts'
import { trimmedRequest } from '../../../src/gateway/trim-input.ts'
import { createPricer } from '../../../src/metering/price.ts'
import { isObject } from '../../../src/openai/is-object.ts'
import type { ModelRequest } from '../../../src/openai/model-request.ts'
import { parseModelRequest } from '../../../src/openai/parse-model-request.ts'
import { scanArrayAt, scanMembers } from '../../../src/openai/scan-members.ts'
import { parsePolicy } from '../../../src/policy/parse-policy.ts'
import { PromptCacheKeys } from '../../../src/routing/prompt-cache-key.ts'
import { ReuseIntervals } from '../../../src/routing/reuse-intervals.ts'
import { chatRequest } from '../../conversion/arbitrary-chat-request.ts'
import { messagesRequest } from '../../conversion/arbitrary-messages-request.ts'
import type { Fields } from '../../conversion/arbitrary-values.ts'
import { silentProvider } from '../../support/silent-provider.ts'

type Api = 'chat/completions' | 'responses' | 'messages'
type Vendor = 'anthropic' | 'openai' | 'mistral' | 'vllm'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const INPUT = { minifiesNewestTurn: true, dropAboveTokens: undefined }
const pricer = createPricer()

function policyOf() {
  const parsed = parsePolicy({ path: 'p.yaml', text: 'prefix: auto' }, () => '0123456789abcdef')
  if (!('policy' in parsed)) throw new Error('the policy is sound')
  return parsed.policy
}

const policy = policyOf()

/** Who is asked, and what is rewritten for it. */
const way = fc.record({
  target: fc.constantFrom<{ vendor: Vendor; model: string }>(
    { vendor: 'anthropic', model: 'claude-sonnet-5-5' },
    { vendor: 'anthropic', model: 'claude-opus-5' },
    { vendor: 'anthropic', model: 'claude-3-5-sonnet' },
    { vendor: 'openai', model: 'gpt-5.5' },
    { vendor: 'openai', model: 'gpt-5.6-sol' },
    { vendor: 'openai', model: 'gpt-4o' },
    { vendor: 'mistral', model: 'mistral-large' },
    { vendor: 'vllm', model: 'qwen3' },
  ),
  named: fc.boolean(),
  minifies: fc.boolean(),
  asksLogprobs: fc.boolean(),
  maxTokens: fc.constantFrom(undefined, 100),
  stopSequences: fc.constantFrom(undefined, ['END']),
  isLong: fc.boolean(),
  /** So many others were asked and never went on, so that marks stopped paying somewhere in the conversation. */
  others: fc.nat(14),
  indent: fc.constantFrom(undefined, 1, 2),
})

const RULES = Array.from({ length: 1500 }, (_, index) => `rule ${(index * 7919) % 997}`).join(' ')

/** A conversation as its caller tells it: each message's own text, spelled once and never otherwise. */
interface Told {
  api: Api
  members: Fields
  messages: Fields[]
}

const told: fc.Arbitrary<Told> = fc.oneof(
  chatRequest.map((body) => conversation('chat/completions', body)),
  messagesRequest.map((body) => conversation('messages', body)),
  chatRequest.map((body) => conversation('responses', asItems(body))),
)

function conversation(api: Api, { messages, ...members }: Fields): Told {
  return { api, members, messages: messages as Fields[] }
}

/** Plain items of what chat says, so that these go through the third API. */
function asItems({ messages, tools, stream }: Fields): Fields {
  const items = (messages as Fields[]).flatMap((message): Fields[] => {
    const { role, content, tool_calls: calls, tool_call_id: id } = message
    if (role === 'tool') return [{ type: 'function_call_output', call_id: id, output: textIn(content) }]
    if (role !== 'assistant') return [{ role, content: textIn(content) }]
    const called = Array.isArray(calls) ? calls.filter(isObject) : []
    return [
      { type: 'message', role, content: [{ type: 'output_text', text: textIn(content), annotations: [] }] },
      ...called.map((call) => ({ type: 'function_call', call_id: call.id, ...(call.function as Fields) })),
    ]
  })
  const functions = (tools as Fields[]).map((tool) => ({ type: 'function', ...(tool.function as Fields) }))
  return {
    model: 'm',
    messages: items,
    tools: functions,
    store: false,
    ...(stream === true ? { stream } : {}),
  }
}

function textIn(content: unknown): string {
  return typeof content === 'string' ? content : (JSON.stringify(content) ?? '')
}

/** The requests of a conversation: one ahead of each thing that a model said, and the last one. */
function requestsOf({ api, members, messages }: Told, { isLong, indent }: Spelling): string[] {
  const name = api === 'responses' ? 'input' : 'messages'
  const rules: Fields[] = isLong && api !== 'messages' ? [{ role: 'system', content: RULES }] : []
  const system = isLong && api === 'messages' ? { system: RULES } : {}
  const texts = [...rules, ...messages].map((message) => JSON.stringify(message, null, indent))
  const ends = [...texts.keys()].filter(
    (end) =>
      end > rules.length &&
      isModels(messages[end - rules.length]) &&
      !isModels(messages[end - rules.length - 1]),
  )
  return [...ends, texts.length].map((end, index) => {
    // Members beside the conversation may differ from one request to the next.
    const others = {
      ...members,
      ...system,
      model: `asked-${index}`,
      metadata: { trimtab_step: `${index}`, own: 'x' },
    }
    const rest = JSON.stringify(others, null, indent)
    return `${rest.slice(0, -1)},${JSON.stringify(name)}:[ ${texts.slice(0, end).join(' , ')} ]}`
  })
}

interface Spelling {
  isLong: boolean
  indent: number | undefined
}

function isModels(message: Fields | undefined): boolean {
  return message !== undefined && (message.role === 'assistant' || message.type === 'function_call')
}

function parsed(api: Api, text: string): ModelRequest {
  const bytes = encoder.encode(text)
  return api === 'messages' ? parseMessagesRequest(bytes) : parseModelRequest(api, bytes)
}

/** Pieces of the prompt in the order in which providers read them, as they stand in the body but for marks. */
function pieces(bytes: Uint8Array): string[] {
  const members = scanMembers(bytes)
  const found: string[] = []
  for (const name of ['tools', 'system', 'instructions', 'messages', 'input']) {
    const member = members.get(name)
    if (member === undefined) continue
    const spans =
      bytes[member.valueStart] === 0x5b
        ? scanArrayAt(bytes, member.valueStart)
        : [{ start: member.valueStart, end: member.valueEnd }]
    for (const { start, end } of spans) {
      const text = unmarked(decoder.decode(bytes.subarray(start, end)))
      found.push(
        name === 'system' ? text.replace(/^\{"type":"text","text":("(?:[^"\\]|\\.)*")\}$/, '$1') : text,
      )
    }
  }
  return found
}

/** A text is short for a list of one text, to each of these APIs. */
function unmarked(text: string): string {
  return text
    .replace(/,"cache_control":\{"type":"ephemeral"(?:,"ttl":"1h")?\}/g, '')
    .replaceAll(',"prompt_cache_breakpoint":{"mode":"explicit"}', '')
    .replace(/\[\{"type":"(?:input_)?text","text":("(?:[^"\\]|\\.)*")\}\]/g, '$1')
}

it('1,000 conversations keep every byte that a provider has read, and their tools’ order', () => {
  let compared = 0
  let marked = 0
  fc.assert(
    fc.property(told, way, (conversation, rewriting) => {
      const { target, named, minifies, asksLogprobs, others, ...bounds } = rewriting
      const ports = {
        prefixes: { reuse: new ReuseIntervals(() => undefined), keys: new PromptCacheKeys() },
        pricer: () => pricer,
      }
      for (let index = 0; index < others; index++)
        for (const kind of ['head', 'opening', 'turn'] as const)
          ports.prefixes.reuse.used('w', kind, `other ${index}`, 0)
      const planned = [
        { tier: 'one', targets: [{ provider: silentProvider(target.vendor), model: target.model }] },
      ]
      let before: string[] | undefined
      for (const [index, text] of requestsOf(conversation, rewriting).entries()) {
        const asked = parsed(conversation.api, text)
        const trimmed = minifies ? trimmedRequest(asked, INPUT, 4).request : asked
        const request = trimmed as ModelRequest
        let sent: ReturnType<typeof outboundBody>
        try {
          const [serving] = servingTargets(request, planned, { at: 0, told: undefined }, () => named).targets
          if (serving === undefined) return
          const marking = {
            policy,
            tenant: 't',
            workflow: 'w',
            tokens: request.bytes.length / 4,
            bytes: request.bytes.length,
            prefix: () => prefixOf(request),
            at: 0,
            nowMs: index * 60_000,
            ports,
          }
          sent = outboundBody(request, serving, bounds, asksLogprobs, lookAtMarks(marking, serving))
        } catch (error) {
          // What cannot be asked of the target is refused, and nothing is sent.
          if (error instanceof Failure) return
          throw error
        }
        const now = pieces(sent.bytes)
        if (before !== undefined) {
          expect(now.slice(0, before.length)).toEqual(before)
          compared++
        }
        if (sent.notes.some((note) => /^(?:cache_control|prompt_cache_breakpoint):/.test(note))) marked++
        const isNative = !sent.notes.some((note) => note.startsWith('asked as'))
        if (isNative && !minifies) expect(now).toEqual(pieces(asked.bytes))
        before = now
      }
    }),
    { numRuns: 1000 },
  )
  expect(compared).toBeGreaterThan(500)
  expect(marked).toBeGreaterThan(50)
})
