/** `/readyz` tells of what keeps questions that mean the same from being found, not the log alone. */
import { afterEach, expect, it } from 'vitest'
import { type Semantic, startSemantic } from './semantic-setup.ts'

let semantic: Semantic | undefined

afterEach(() => semantic?.stop())

async function warnings(): Promise<readonly string[]> {
  const answer = await fetch(`${semantic?.trimtab.origin}/readyz`)
  expect(answer.status).toBe(200)
  const { warnings: told } = (await answer.json()) as { warnings: { message: string }[] }
  return told.map(({ message }) => message)
}

it('a model that is not there', async () => {
  semantic = await startSemantic({ embedding: '{ use: transformers, model: nobody/has-it }' })
  expect(await warnings()).toContainEqual(
    expect.stringMatching(/^The semantic cache cannot be opened, .+\.$/),
  )
})

it('a server that does not answer, once it failed three times in a row', async () => {
  const remote = '{ use: remote, base_url: "http://127.0.0.1:9/v1", model: alike, dimensions: 8 }'
  semantic = await startSemantic({ embedding: remote })
  await semantic.asked('How do I clean a copper kettle?')
  const told = expect.stringMatching(/table of words alone, since openai:.+alike:8 does not answer: .+\.$/)
  for (const question of ['How do I clean a copper kettle', 'how do I clean a copper kettle?']) {
    await semantic.asked(question)
    expect(await warnings()).not.toContainEqual(told)
  }
  await semantic.asked('How can I clean a copper kettle?')
  expect(await warnings()).toContainEqual(told)
})
