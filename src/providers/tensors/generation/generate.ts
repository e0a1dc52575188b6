/** Chats and completions of a model that Triton's generate extension asks: whole, or as a stream. */

import { TensorFault } from '../../../tensors/tensor-fault.ts'
import type { AnswerReceiver, Call } from '../../transport.ts'
import { modelPath } from '../dialects/kserve.ts'
import { exchange } from '../exchange.ts'
import { Refused } from '../refused.ts'
import type { ServedModel } from '../served-model.ts'
import { answeredBy, requestTo, requireAnswered, type Server } from '../server.ts'
import { type Asked, json } from '../task.ts'
import type { Work } from '../task-call.ts'
import { type GenerateRequest, generateRequest } from './generate-request.ts'
import { answerText, readGenerated } from './generated.ts'
import { GeneratedStream } from './generated-stream.ts'
import { GenerationReceiver } from './generation-call.ts'
import { namingOf, wholeAnswer } from './openai-words.ts'

/** @throws Refused */
export function generateWhole(asked: Asked, server: Server, model: ServedModel): Work {
  const request = generateRequest(asked, model)
  const call = exchange(server.network, generateCall(server, model, request, 'generate'))
  const told = call.answer.then((answer) => {
    requireAnswered(answer)
    const generated = readGenerated(new TextDecoder().decode(answer.body), model)
    if (typeof generated === 'string') throw new Refused(500, generated)
    return answeredBy(() => {
      if (generated === undefined)
        throw new TensorFault(`it told no ${model.outputs.get('text') ?? 'text_output'}`)
      const text = answerText(generated.text, request)
      return json(wholeAnswer(namingOf(asked, model.name), { ...generated, text }))
    })
  })
  return {
    told,
    leave: () => call.abort(),
    get sent() {
      return call.sent
    },
  }
}

/** @throws Refused */
export function generateStream(
  asked: Asked,
  server: Server,
  model: ServedModel,
  receiver: AnswerReceiver,
): Call {
  const request = generateRequest(asked, model)
  const stream = new GeneratedStream(namingOf(asked, model.name), request, model)
  return server.network.send(
    generateCall(server, model, request, 'generate_stream'),
    new GenerationReceiver(receiver, stream),
  )
}

function generateCall(
  server: Server,
  model: ServedModel,
  { body }: GenerateRequest,
  path: 'generate' | 'generate_stream',
) {
  return requestTo(server, {
    method: 'POST',
    path: `${modelPath(model)}/${path}`,
    headers: ['content-type', 'application/json'],
    body,
  })
}
