/** What is written of models on servers of tensors: what each is taken for, and what is refused, in one sentence. */
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config.ts'

function parse(provider: string) {
  return parseConfig({
    file: { path: 'trimtab.yaml', text: `providers:\n  gpu: ${provider}\n` },
    environment: {},
    flags: {},
  })
}

function refusals(provider: string): string[] {
  const parsed = parse(provider)
  return parsed.kind === 'refused' ? parsed.problems.map(({ message }) => message) : []
}

function modelOf(provider: string) {
  const parsed = parse(provider)
  if (parsed.kind === 'refused') throw new Error(refusals(provider).join('\n'))
  return parsed.config.providers[0]?.tensors?.models.values().next().value
}

const kserve = (model: string) => `{ dialect: kserve, base_url: "http://gpu:8000", models: { m: ${model} } }`
const EMBEDS = 'serves: embeddings, input: { TEXT: text }, output: { embedding: VECTOR }'

describe('a model on a server of tensors', () => {
  test('has the shapes that its server usually takes, and bounds of joining by what it serves', () => {
    expect(modelOf(kserve(`{ ${EMBEDS}, batch: {} }`))).toMatchObject({
      inputs: [{ name: 'TEXT', from: 'text', shape: ['rows', 1] }],
      batch: { maxRows: 32, maxBytes: 2 ** 20, maxDelayMs: 5 },
      binary: false,
    })
    const audio = 'serves: audio/transcriptions, input: { WAV: file }, output: { text: TEXT }'
    expect(modelOf(kserve(`{ ${audio}, batch: { max_delay: 50ms } }`))).toMatchObject({
      batch: { maxRows: 4, maxBytes: 16 * 2 ** 20, maxDelayMs: 50 },
    })
    const image = 'serves: custom, input: { I: { from: scan, media: image } }, output: { text: TEXT }'
    expect(modelOf(kserve(`{ ${image}, batch: {} }`))).toMatchObject({
      inputs: [{ isImage: true }],
      batch: { maxRows: 8, maxBytes: 8 * 2 ** 20, maxDelayMs: 10 },
    })
    const classify =
      '{ dialect: tensorflow-serving, base_url: "http://gpu:8501", models: { m: { serves: moderations, method: classify, input: { text: text } } } }'
    expect(modelOf(classify)).toMatchObject({
      inputs: [{ shape: ['rows'] }],
      outputs: new Map([
        ['labels', 'labels'],
        ['scores', 'scores'],
      ]),
    })
    expect(
      modelOf('{ dialect: tei, base_url: "http://gpu:8080", models: { m: { serves: rerank } } }'),
    ).toMatchObject({ maxRows: 32, outputs: new Map([['score', 'score']]) })
  })

  test.each([
    [
      '{ dialect: kserve, base_url: "http://gpu:8000" }',
      /models` must be a mapping of names to what each serves/,
    ],
    [
      '{ dialect: kserve, base_url: "http://gpu:8000/v2", models: { m: { serves: completions } } }',
      /above `\/v2`/,
    ],
    [kserve('{}'), /m\.serves` is missing/],
    [kserve('{ serves: embedding }'), /serves` must be .*, not `embedding`; did you mean/],
    [
      kserve('{ serves: embeddings }'),
      /input` is missing: state which tensor takes what, such as `{ TEXT: text }`/,
    ],
    [
      kserve('{ serves: embeddings, input: { TEXT: text } }'),
      /output` is missing: state which tensor is the embedding/,
    ],
    [
      kserve('{ serves: embeddings, input: { T: words }, output: { embedding: V } }'),
      /input.T` must take text, image .*not `words`/,
    ],
    [
      kserve('{ serves: embeddings, input: { T: text }, output: { vector: V } }'),
      /output.vector` is none of what serves/,
    ],
    [
      kserve(`{ ${EMBEDS}, template: { user: x } }`),
      /template` must not stand here: it is about chat\/completions/,
    ],
    [kserve(`{ ${EMBEDS}, method: classify }`), /method` must not stand here/],
    [
      kserve(
        '{ serves: embeddings, input: { T: { from: text, datatype: TEXT } }, output: { embedding: V } }',
      ),
      /T/,
    ],
    [
      kserve(
        '{ serves: embeddings, input: { T: { from: text, shape: [1] } }, output: { embedding: V }, batch: {} }',
      ),
      /batch` must not stand where no input has `rows`/,
    ],
    [kserve('{ serves: moderations, input: { T: text }, output: { scores: S } }'), /labels` is missing/],
    [
      kserve('{ serves: embeddings, input: { T: text, I: image }, output: { embedding: V } }'),
      /must take either `text` or `image`/,
    ],
    [
      kserve(
        '{ serves: embeddings, input: { I: { from: image, datatype: UINT8 } }, output: { embedding: V } }',
      ),
      /datatype` must be `BYTES` for an image/,
    ],
    [
      kserve('{ serves: embeddings, input: { T: { from: text, media: image } }, output: { embedding: V } }'),
      /media` must not stand here: it is about custom routes/,
    ],
    [
      '{ dialect: tei, base_url: "http://gpu:8080", models: { m: { serves: custom } } }',
      /serves` must not be `custom` where dialect is `tei`/,
    ],
    [
      '{ dialect: vertex, region: europe-west4, project: p, models: { m: { serves: custom, input: { a: a }, output: { b: b } } } }',
      /credentials` is missing/,
    ],
    [
      `{ base_url: "http://gpu:8000/v1", models: { m: { ${EMBEDS} } } }`,
      /must not stand where dialect is `openai`/,
    ],
    [
      '{ dialect: kserve, vendor: vllm, base_url: "http://gpu:8000", models: { m: { serves: completions } } }',
      /vendor` must not stand where dialect is `kserve`/,
    ],
  ])('%s is refused', (provider, message) => {
    expect(refusals(provider)).toEqual(expect.arrayContaining([expect.stringMatching(message)]))
  })

  test('Vertex AI is found by region and project', () => {
    const parsed = parse(
      '{ dialect: vertex, region: europe-west4, project: p, credentials: google, models: { m: { serves: custom, remote: 12, input: { a: a }, output: { b: b } } } }',
    )
    expect(parsed.kind === 'refused' ? parsed.problems : parsed.config.providers[0]?.baseUrls).toEqual([
      {
        origin: 'https://europe-west4-aiplatform.googleapis.com',
        path: '/v1/projects/p/locations/europe-west4',
      },
    ])
  })
})
