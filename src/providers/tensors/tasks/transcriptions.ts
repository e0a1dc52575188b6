/** `/v1/audio/transcriptions` and `/v1/audio/translations`: one file, one text. */
import { TensorFault } from '../../../tensors/tensor-fault.ts'
import { readWave, samplesOf, type WaveFile } from '../../../tensors/wave-file.ts'
import { Refused } from '../refused.ts'
import type { RowAnswer } from '../row.ts'
import { textsIn } from '../row-answers.ts'
import type { ServedModel } from '../served-model.ts'
import type { Asked, ReadTask, Told } from '../task.ts'
import { json } from '../task.ts'

const FORMATS = ['json', 'text', 'verbose_json'] as const

/** Takes `file` as it came or its `samples`, `language`, `prompt`, `temperature`; tells `text`, and `language` where there is such an output. */
export const readTranscription: ReadTask = (asked, model) => {
  const { body, file } = asked
  if (file === undefined)
    throw new Refused(400, 'file is missing: send the audio as a file of the form.', { param: 'file' })
  if (body.stream === 'true' || body.stream === true)
    throw new Refused(400, 'stream must not be true: this model tells its text as a whole.', {
      param: 'stream',
    })
  const format = formatOf(body.response_format)
  const wave = readWave(file)
  const temperature = Number(body.temperature ?? 0)
  return {
    rows: [
      {
        file,
        samples: takesSamples(model) ? samplesFor(model, wave) : undefined,
        language: textIn(body.language),
        prompt: textIn(body.prompt),
        temperature: Number.isFinite(temperature) ? temperature : 0,
      },
    ],
    tell: ([answer]) => told(answer as RowAnswer, { format, seconds: wave?.seconds, asked }),
  }
}

function told(
  answer: RowAnswer,
  { format, seconds, asked }: { format: string; seconds: number | undefined; asked: Asked },
): Told {
  const row = answer.get('text')
  if (row === undefined) throw new TensorFault('it told no text')
  const text = textsIn(row).join(' ').trim()
  if (format === 'text')
    return { contentType: 'text/plain; charset=utf-8', body: new TextEncoder().encode(`${text}\n`) }
  // Known of WAV files alone: others would have to be decoded.
  const usage = seconds === undefined ? {} : { usage: { type: 'duration', seconds } }
  if (format === 'json') return json({ text, ...usage })
  const heard = answer.get('language')
  const language = heard === undefined ? asked.body.language : textsIn(heard)[0]
  const task = asked.endpoint === 'audio/translations' ? 'translate' : 'transcribe'
  return json({ task, language: language ?? '', duration: seconds ?? 0, text, segments: [], ...usage })
}

function formatOf(asked: unknown): string {
  const format = asked === undefined ? 'json' : String(asked)
  if ((FORMATS as readonly string[]).includes(format)) return format
  throw new Refused(400, `response_format must be one of ${FORMATS.join(', ')}: this model tells no times.`, {
    param: 'response_format',
  })
}

function takesSamples({ inputs }: ServedModel): boolean {
  return inputs.some(({ from }) => from === 'samples')
}

function samplesFor({ sampleRate }: ServedModel, wave: WaveFile | undefined): Float32Array {
  if (wave === undefined)
    throw new Refused(400, 'file must be a WAV file: this model takes its samples.', { param: 'file' })
  if (wave.sampleRate !== sampleRate)
    throw new Refused(
      400,
      `file must have ${sampleRate} samples a second, as this model takes them, not ${wave.sampleRate}.`,
      {
        param: 'file',
      },
    )
  try {
    return samplesOf(wave)
  } catch (error) {
    if (!(error instanceof TensorFault)) throw error
    throw new Refused(400, `file cannot be read: ${error.message}.`, { param: 'file' })
  }
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
