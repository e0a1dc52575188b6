/** Messages requests made of what a chat API can be asked too, with the members that travel beside. */
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

const marked = maybe({ cache_control: cacheControl })
const textBlock = together(fc.record({ type: fc.constant('text'), text }), marked)
const imageBlock = together(
  fc.record({
    type: fc.constant('image'),
    source: fc.oneof(
      base64.map((data) => ({ type: 'base64', media_type: 'image/png', data })),
      fc.constant({ type: 'url', url: 'https://example.com/a.png' }),
    ),
  }),
  marked,
)
const documentBlock = together(
  fc.record({
    type: fc.constant('document'),
    source: fc.oneof<fc.Arbitrary<Fields>[]>(
      base64.map((data) => ({ type: 'base64', media_type: 'application/pdf', data })),
      fc.constant({ type: 'url', url: 'https://example.com/a.pdf' }),
      fc.constant({ type: 'file', file_id: 'file_1' }),
      text.map((data) => ({ type: 'text', media_type: 'text/plain', data })),
    ),
  }),
  marked,
  maybe({ title: name, context: text, citations: fc.constant({ enabled: true }) }),
)
const userBlock = fc.oneof(textBlock, imageBlock, documentBlock)

const toolUse = together(
  fc.record({ type: fc.constant('tool_use'), id: callId, name, input: object }),
  marked,
)
const citedText = fc.record({
  type: fc.constant('text'),
  text,
  citations: fc.constant([{ type: 'char_location', cited_text: 'a', document_index: 0 }]),
})
const serverCall = fc.constantFrom<Fields[]>([
  { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'tides' } },
  { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
])
/** Thinking, text and calls in whatever order. */
const assistantBlocks = fc
  .array(
    fc.oneof(
      textBlock.map((block) => [block]),
      thinkingBlock.map((block) => [block]),
      toolUse.map((block) => [block]),
      citedText.map((block) => [block]),
      serverCall,
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((found) => onceById(found.flat()))

const resultContent = fc.oneof<fc.Arbitrary<unknown>[]>(
  text,
  fc.constant(''),
  fc.array(userBlock, { minLength: 1, maxLength: 3 }),
)
const result = together(fc.record({ content: resultContent }), marked, maybe({ is_error: fc.boolean() }))

const exchange = (systemWithin: boolean): fc.Arbitrary<Fields[]> =>
  fc
    .record({
      blocks: assistantBlocks,
      results: fc.array(result, { minLength: 4, maxLength: 4 }),
      more: fc.oneof(text, fc.array(userBlock, { minLength: 1, maxLength: 3 })),
      instruction: systemWithin ? fc.option(text) : fc.constant(null),
    })
    .map(({ blocks, results, more, instruction }) => {
      const calls = blocks.filter(({ type }) => type === 'tool_use')
      const answers = calls.map(({ id }, index) => ({
        type: 'tool_result',
        tool_use_id: id,
        ...results[index],
      }))
      const own = typeof more === 'string' ? [{ type: 'text', text: more }] : more
      const content = answers.length === 0 ? more : [...answers, ...own]
      const turns: Fields[] = [
        { role: 'assistant', content: blocks },
        { role: 'user', content },
      ]
      return instruction === null ? turns : [...turns, { role: 'system', content: instruction }]
    })

const tool = together(
  fc.record({ name, input_schema: schema }),
  marked,
  maybe({ description: text, strict: fc.boolean(), eager_input_streaming: fc.boolean() }),
)
const toolChoice = fc.oneof<fc.Arbitrary<Fields>[]>(
  fc.constant({ type: 'none' }),
  together(
    fc.constantFrom<Fields>({ type: 'auto' }, { type: 'any' }, { type: 'tool', name: 'f' }),
    fc.constantFrom<Fields>({}, { disable_parallel_tool_use: true }),
  ),
)

export const messagesRequest: fc.Arbitrary<Fields> = fc
  .record({ model, thinks: fc.boolean(), samples: fc.boolean() })
  .chain(({ model, thinks, samples }) => {
    const facts = messagesModelFacts(model)
    const thinking: fc.Arbitrary<Fields> =
      facts.thinking === 'budget'
        ? fc.integer({ min: 1024, max: 30_000 }).map((budget) => ({
            thinking: { type: 'enabled', budget_tokens: budget },
          }))
        : together(
            fc.constant({ thinking: { type: 'adaptive' } }),
            fc.constantFrom<Fields>({}, { output_config: { effort: 'medium' } }),
          )
    const unit = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => Math.abs(value))
    return together(
      fc.record({
        model: fc.constant(model),
        max_tokens: fc.integer({ min: 31_000, max: 64_000 }),
        messages: fc
          .tuple(
            fc.oneof(text, fc.array(userBlock, { minLength: 1, maxLength: 2 })),
            fc.array(exchange(facts.systemWithin), { maxLength: 2 }),
          )
          .map(([first, exchanges]) => [{ role: 'user', content: first }, ...exchanges.flat()]),
        tools: fc.uniqueArray(tool, { minLength: 1, maxLength: 3, selector: (found) => found.name }),
      }),
      maybe({
        system: fc.oneof(text, fc.array(textBlock, { minLength: 1, maxLength: 2 })),
        stop_sequences: fc.array(name, { minLength: 1, maxLength: 3 }),
        stream: fc.boolean(),
        metadata: fc.record({ user_id: name }),
        service_tier: fc.constantFrom('auto', 'standard_only'),
        cache_control: cacheControl,
      }),
      thinks ? thinking : maybe({ tool_choice: toolChoice }),
      samples && !thinks && facts.sampling !== 'none'
        ? maybe({ temperature: unit, top_k: fc.nat(99) })
        : fc.constant({}),
    )
  })

function onceById(blocks: readonly Fields[]): Fields[] {
  const seen = new Set<unknown>()
  return blocks.filter(({ type, id }) => type !== 'tool_use' || (!seen.has(id) && seen.add(id)))
}
