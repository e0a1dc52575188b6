import { describe, expect, test } from 'vitest'
import { createSandbox } from '../../src/providers/sandbox.ts'
import type { AnswerReceiver, Call } from '../../src/providers/transport.ts'

const sandbox = createSandbox({ now: () => 1_700_000_000_000, firstChunkMs: 1, betweenChunksMs: 0 })
const QUESTION = {
  model: 'sandbox-small',
  messages: [{ role: 'user', content: 'How do I reset my password?' }],
}

describe('chat', () => {
  test('answers in OpenAI’s shape, says that it is simulated, and repeats itself', async () => {
    const first = await ask('/v1/chat/completions', QUESTION)
    const answer = JSON.parse(first.text)
    expect(first.status).toBe(200)
    expect(answer).toMatchObject({
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'sandbox-small',
      system_fingerprint: 'trimtab-sandbox',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', refusal: null } }],
    })
    expect(answer.choices[0].message.content).toMatch(
      /^Simulated by the trimtab sandbox\. .*reset my password/,
    )
    expect((await ask('/v1/chat/completions', QUESTION)).text).toBe(first.text)
    const other = await ask('/v1/chat/completions', {
      ...QUESTION,
      messages: [{ role: 'user', content: 'Hm?' }],
    })
    expect(other.text).not.toBe(first.text)
  })

  test('streams the same content as chunks, with usage where it is asked for', async () => {
    const whole = JSON.parse((await ask('/v1/chat/completions', QUESTION)).text)
    const { text, chunks } = await ask('/v1/chat/completions', {
      ...QUESTION,
      stream: true,
      stream_options: { include_usage: true },
    })
    const events = text.trimEnd().split('\n\n')
    expect(events.pop()).toBe('data: [DONE]')
    expect(chunks).toBe(events.length + 1)
    const parsed = events.map((event) => JSON.parse(event.slice('data: '.length)))
    expect(parsed[0].choices[0].delta).toEqual({ role: 'assistant', content: '', refusal: null })
    expect(parsed.at(-2).choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' })
    expect(parsed.at(-1)).toMatchObject({ choices: [], usage: whole.usage })
    for (const chunk of parsed) {
      expect(chunk).toMatchObject({
        id: whole.id,
        object: 'chat.completion.chunk',
        system_fingerprint: 'trimtab-sandbox',
      })
    }
    expect(parsed.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
    const content = parsed.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
    expect(content).toBe(whole.choices[0].message.content)
    expect(whole.usage.total_tokens).toBe(whole.usage.prompt_tokens + whole.usage.completion_tokens)
  })

  test('sends no usage that was not asked for', async () => {
    expect((await ask('/v1/chat/completions', { ...QUESTION, stream: true })).text).not.toContain('usage')
  })

  test('stops at max_tokens', async () => {
    const answer = JSON.parse((await ask('/v1/chat/completions', { ...QUESTION, max_tokens: 3 })).text)
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'length',
      message: { content: 'Simulated by the' },
    })
    expect(answer.usage.completion_tokens).toBe(3)
  })

  const tools = [
    {
      type: 'function',
      function: { name: 'lookup', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
    },
  ]

  test('calls a tool once, whole and streamed alike, and answers after its result', async () => {
    const whole = JSON.parse((await ask('/v1/chat/completions', { ...QUESTION, tools })).text)
    const { finish_reason, message } = whole.choices[0]
    expect(finish_reason).toBe('tool_calls')
    expect(message.tool_calls[0].function).toEqual({ name: 'lookup', arguments: '{"city":"simulated"}' })

    const streamed = await ask('/v1/chat/completions', { ...QUESTION, tools, stream: true })
    const deltas = streamed.text
      .split('\n\n')
      .filter((event) => event.startsWith('data: {'))
      .map((event) => JSON.parse(event.slice(6)).choices[0].delta.tool_calls?.[0])
      .filter((call) => call !== undefined)
    expect(deltas[0]).toMatchObject({ index: 0, id: message.tool_calls[0].id, function: { name: 'lookup' } })
    expect(deltas.map((call) => call.function.arguments).join('')).toBe('{"city":"simulated"}')

    const messages = [...QUESTION.messages, message, { role: 'tool', tool_call_id: 'x', content: 'sunny' }]
    const after = JSON.parse((await ask('/v1/chat/completions', { ...QUESTION, messages, tools })).text)
    expect(after.choices[0].finish_reason).toBe('stop')
    const forbidden = await ask('/v1/chat/completions', { ...QUESTION, tools, tool_choice: 'none' })
    expect(JSON.parse(forbidden.text).choices[0].finish_reason).toBe('stop')
  })

  test('fits JSON mode and a schema, recursive ones too', async () => {
    const inJson = await content({ response_format: { type: 'json_object' } })
    expect(inJson).toMatchObject({ simulated: true })
    const schema = {
      type: 'object',
      properties: {
        name: { type: 'string' },
        kind: { enum: ['leaf', 'branch'] },
        size: { type: 'integer', minimum: 5 },
        children: { type: 'array', items: { $ref: '#' } },
        next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
      },
      $defs: {
        node: {
          type: 'object',
          properties: { next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
        },
      },
    }
    const fitted = await content({
      response_format: { type: 'json_schema', json_schema: { name: 'tree', schema } },
    })
    expect(fitted).toMatchObject({ name: 'simulated', kind: 'leaf', size: 5 })
  })

  test.each([
    ['no JSON', '{', 400],
    ['no messages', '{}', 400],
    ['messages of the wrong type', '{"messages":[1]}', 400],
  ])('refuses %s in OpenAI’s envelope', async (_, body, status) => {
    const answer = await ask('/v1/chat/completions', body)
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.text).error).toMatchObject({ type: 'invalid_request_error' })
  })

  async function content(extra: object) {
    return JSON.parse(
      JSON.parse((await ask('/v1/chat/completions', { ...QUESTION, ...extra })).text).choices[0].message
        .content,
    )
  }
})

describe('embeddings', () => {
  test('are the same unit vectors as floats and as base64', async () => {
    const body = { model: 'e', input: ['one text', 'another'], dimensions: 8 }
    const floats = JSON.parse((await ask('/v1/embeddings', body)).text)
    const coded = JSON.parse((await ask('/v1/embeddings', { ...body, encoding_format: 'base64' })).text)
    expect(floats.data).toHaveLength(2)
    for (const [index, { embedding }] of floats.data.entries()) {
      const bytes = Buffer.from(coded.data[index].embedding, 'base64')
      const decoded = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
      expect([...decoded]).toEqual(embedding)
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 5)
    }
    expect(floats.data[0].embedding).not.toEqual(floats.data[1].embedding)
    expect(floats.usage).toEqual({ prompt_tokens: 3, total_tokens: 3 })
  })

  test.each([[1], [[]], [{ a: 1 }]])('refuse the input %j', async (input) => {
    expect((await ask('/v1/embeddings', { input })).status).toBe(400)
  })
})

test('models are listed', async () => {
  const { status, text } = await ask('/v1/models', undefined)
  expect(status).toBe(200)
  expect(JSON.parse(text).data.map((model: { id: string }) => model.id)).toContain('sandbox-small')
})

test('an unknown path is 404', async () => {
  expect((await ask('/v1/audio', {})).status).toBe(404)
  expect((await ask('/v1/audio/transcriptions', '--form--')).status).toBe(404)
  expect((await ask('/v1/files', undefined)).status).toBe(404)
})

describe('play', () => {
  test('tells nothing after abort, before the head as in the middle', async () => {
    const calls: string[] = []
    send(
      { ...QUESTION, stream: true },
      recorder(calls, () => true),
    ).abort()
    let chunks = 0
    const call = send(
      { ...QUESTION, stream: true },
      recorder(calls, () => {
        if (++chunks === 2) call.abort()
        return true
      }),
    )
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(calls).toEqual(['head', 'chunk', 'chunk'])
  })

  test('waits where the receiver pauses, until resume', async () => {
    const calls: string[] = []
    let pause = true
    const call = send(
      { ...QUESTION, stream: true },
      recorder(calls, () => !pause),
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(calls).toEqual(['head', 'chunk'])
    pause = false
    call.resume()
    await expect.poll(() => calls.at(-1)).toBe('end')
  })

  function recorder(calls: string[], goOn: () => boolean): AnswerReceiver {
    return {
      head: () => calls.push('head'),
      chunk: () => {
        calls.push('chunk')
        return goOn()
      },
      end: () => calls.push('end'),
      error: () => calls.push('error'),
    }
  }
})

describe('completions', () => {
  test('say what chat says, to each prompt, whole and as chunks', async () => {
    const prompt = ['How do I reset my password?', 'Hm?']
    const whole = JSON.parse((await ask('/v1/completions', { model: 'sandbox-small', prompt })).text)
    const chat = JSON.parse((await ask('/v1/chat/completions', QUESTION)).text)
    expect(whole).toMatchObject({ object: 'text_completion', system_fingerprint: 'trimtab-sandbox' })
    expect(whole.choices).toMatchObject([
      { index: 0, text: chat.choices[0].message.content, finish_reason: 'stop' },
      { index: 1, text: expect.stringContaining('Hm?') },
    ])
    const streamed = { prompt, stream: true, stream_options: { include_usage: true } }
    const { text } = await ask('/v1/completions', streamed)
    const events = text.trimEnd().split('\n\n')
    expect(events.pop()).toBe('data: [DONE]')
    const chunks = events.map((event) => JSON.parse(event.slice('data: '.length)))
    expect(chunks.pop()).toMatchObject({ choices: [], usage: whole.usage })
    for (const index of [0, 1]) {
      const own = chunks.map(({ choices: [choice] }) => choice).filter((choice) => choice.index === index)
      expect(own.map((choice) => choice.text).join('')).toBe(whole.choices[index].text)
      expect(own.at(-1).finish_reason).toBe('stop')
    }
  })

  test('want a prompt', async () => {
    expect((await ask('/v1/completions', { prompt: [] })).status).toBe(400)
  })
})

describe('moderations', () => {
  test('flag nothing, once for each text', async () => {
    const answer = JSON.parse((await ask('/v1/moderations', { input: ['a', 'b'] })).text)
    expect(answer).toMatchObject({ system_fingerprint: 'trimtab-sandbox' })
    expect(answer.results).toHaveLength(2)
    expect(answer.results[0]).toMatchObject({ flagged: false, categories: { violence: false } })
    expect((await ask('/v1/moderations', {})).status).toBe(400)
  })
})

function send(body: unknown, receiver: AnswerReceiver, path = '/v1/chat/completions'): Call {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return sandbox.send(
    {
      method: body === undefined ? 'GET' : 'POST',
      origin: 'http://sandbox',
      path,
      headers: [],
      body: body === undefined ? null : new TextEncoder().encode(text),
      connectTimeoutMs: 1000,
    },
    receiver,
  )
}

function ask(path: string, body: unknown): Promise<{ status: number; text: string; chunks: number }> {
  return new Promise((resolve, reject) => {
    const answer = { status: 0, text: '', chunks: 0 }
    send(
      body,
      {
        head: (status) => {
          answer.status = status
        },
        chunk: (bytes) => {
          answer.text += new TextDecoder().decode(bytes)
          answer.chunks++
          return true
        },
        end: () => resolve(answer),
        error: reject,
      },
      path,
    )
  })
}
