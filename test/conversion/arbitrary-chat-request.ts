/** Chat requests made of what Anthropic's API can be asked too. */
import fc from 'fast-check'
import { messagesModelFacts } from '../../src/anthropic/model-facts.ts'
import {
  base64,
  cacheControl,
  callId,
  type Fields,
  maybe,
  model,
  name,
  object,
  schema,
  text,
  thinkingBlock,
  together,
} from './arbitrary-values.ts'

const textPart = together(
  fc.record({ type: fc.constant('text'), text }),
  maybe({ cache_control: cacheControl }),
)
const imagePart = together(
  fc.record({
    type: fc.constant('image_url'),
    image_url: fc.record({
      url: fc.oneof(
        fc
          .tuple(fc.constantFrom('png', 'jpeg'), base64)
          .map(([type, data]) => `data:image/${type};base64,${data}`),
        fc.constant('https://example.com/a.png?b=c'),
      ),
    }),
  }),
  maybe({ cache_control: cacheControl }),
)
const filePart = together(
  fc.record({
    type: fc.constant('file'),
    file: together(
      maybe({ filename: name }),
      fc.oneof(
        base64.map((data) => ({ file_data: `data:application/pdf;base64,${data}` })),
        fc.constant({ file_id: 'file_abc' }),
      ),
    ),
  }),
  maybe({ cache_control: cacheControl }),
)
const userContent = fc.oneof(
  text,
  fc.array(fc.oneof(textPart, imagePart, filePart), { minLength: 1, maxLength: 3 }),
)
const systemContent = fc.oneof(text, fc.array(textPart, { minLength: 1, maxLength: 2 }))

const toolCall = fc.record({
  id: callId,
  type: fc.constant('function'),
  function: fc.record({ name, arguments: object.map((input) => JSON.stringify(input)) }),
})

/** One exchange: what the user says, what the assistant says to it, and what its tools give back. */
function exchange(thinks: boolean): fc.Arbitrary<Fields[]> {
  const thinking: fc.Arbitrary<Fields> = thinks
    ? fc.record({ thinking_blocks: fc.array(thinkingBlock, { minLength: 1, maxLength: 2 }) })
    : fc.constant({})
  return fc
    .record({
      users: fc.array(userContent, { minLength: 1, maxLength: 2 }),
      content: fc.oneof(text, fc.array(textPart, { minLength: 1, maxLength: 2 })),
      silent: fc.boolean(),
      calls: fc.uniqueArray(toolCall, { maxLength: 2, selector: ({ id }) => id }),
      results: fc.array(
        together(
          fc.record({
            content: fc.oneof(text, fc.constant(''), fc.array(textPart, { minLength: 1, maxLength: 2 })),
          }),
          maybe({ is_error: fc.boolean() }),
        ),
        {
          minLength: 2,
          maxLength: 2,
        },
      ),
      thinking,
    })
    .map(({ users, content, silent, calls, results, thinking }) => [
      ...users.map((said) => ({ role: 'user', content: said })),
      {
        role: 'assistant',
        content: silent && calls.length > 0 ? null : content,
        ...thinking,
        ...(calls.length > 0 ? { tool_calls: calls } : {}),
      },
      ...calls.map(({ id }, index) => ({ role: 'tool', tool_call_id: id, ...results[index] })),
    ])
}

const tool = together(
  fc.record({
    type: fc.constant('function'),
    function: together(
      fc.record({ name, parameters: schema }),
      maybe({ description: text, strict: fc.boolean() }),
    ),
  }),
  maybe({ cache_control: cacheControl }),
)

const toolChoice = (forced: boolean): fc.Arbitrary<unknown> =>
  forced
    ? fc.constantFrom<unknown>('required', { type: 'function', function: { name: 'f' } })
    : fc.constantFrom<unknown>('auto', 'none', undefined)

/** Effort and sampling exclude each other at Anthropic, and so do effort and a tool that must be called. */
export const chatRequest: fc.Arbitrary<Fields> = fc
  .record({ model, effort: fc.option(fc.constantFrom('low', 'medium', 'high')), forced: fc.boolean() })
  .chain(({ model, effort, forced }) => {
    const { sampling } = messagesModelFacts(model)
    const thinks = effort !== null
    const unit = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => Math.abs(value))
    const sampled: fc.Arbitrary<Fields> =
      thinks || sampling === 'none'
        ? fc.constant({})
        : sampling === 'both'
          ? maybe({ temperature: unit, top_p: unit, top_k: fc.integer({ min: 1, max: 99 }) })
          : fc.oneof(maybe({ temperature: unit }), maybe({ top_p: unit }))
    return together(
      fc.record({
        model: fc.constant(model),
        messages: fc
          .tuple(
            fc.array(fc.record({ role: fc.constantFrom('system', 'developer'), content: systemContent }), {
              maxLength: 2,
            }),
            fc.array(exchange(thinks), { minLength: 1, maxLength: 3 }),
            userContent,
          )
          .map(([system, exchanges, last]) => [
            ...system,
            ...exchanges.flat(),
            { role: 'user', content: last },
          ]),
        // Anthropic's tools need to be there where calls are.
        tools: fc.uniqueArray(tool, { minLength: 1, maxLength: 3, selector: nameOf }),
        max_completion_tokens: fc.integer({ min: 20_000, max: 64_000 }),
      }),
      fc.constant(thinks ? { reasoning_effort: effort } : {}),
      maybe({ tool_choice: toolChoice(forced && !thinks) }).map(stated),
      maybe({
        parallel_tool_calls: fc.boolean(),
        stop: fc.oneof(name, fc.array(name, { minLength: 1, maxLength: 3 })),
        user: name,
        service_tier: fc.constantFrom('auto', 'default'),
        stream: fc.boolean(),
        response_format: schema.map((found) => ({
          type: 'json_schema',
          json_schema: { name: 'answer', schema: found, strict: true },
        })),
      }),
      sampled,
    )
  })

function nameOf({ function: called }: Fields): unknown {
  return (called as Fields).name
}

function stated(fields: Fields): Fields {
  return fields.tool_choice === undefined ? {} : fields
}
