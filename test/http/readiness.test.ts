/** `/readyz` tells of the configuration as it is now: each save replaces what the one before gave to tell. */
import { writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

const SOUND = 'providers: { one: { base_url: "http://127.0.0.1:9/v1", api_key: k } }\n'

let trimtab: Trimtab

beforeAll(async () => {
  trimtab = await startTrimtab({ config: SOUND })
})

afterAll(() => trimtab?.stop())

test('faults of trimtab.yaml come and go with what is saved', async () => {
  expect(await told()).toEqual({ problems: [], warnings: [] })

  writeFileSync(trimtab.configFile, `${SOUND}aliases: [a]\n`)
  await eventually({
    problems: [expect.stringMatching(/trimtab\.yaml:2:10 `aliases` must be/)],
    warnings: [],
  })

  // Saved again: told once, not twice.
  writeFileSync(trimtab.configFile, `\n${SOUND}aliases: [a]\n`)
  await eventually({
    problems: [expect.stringMatching(/trimtab\.yaml:3:10 `aliases` must be/)],
    warnings: [],
  })

  writeFileSync(trimtab.configFile, SOUND)
  await eventually({ problems: [], warnings: [] })
})

interface Notice {
  file: string
  line: number
  column: number
  message: string
}

/** Each notice as one line. */
async function told(): Promise<Record<'problems' | 'warnings', string[]>> {
  const answer = await fetch(`${trimtab.origin}/readyz`)
  const { problems, warnings } = (await answer.json()) as Record<'problems' | 'warnings', Notice[]>
  expect(answer.status).toBe(200)
  const line = ({ file, line, column, message }: Notice): string => `${file}:${line}:${column} ${message}`
  return { problems: problems.map(line), warnings: warnings.map(line) }
}

/** The file is looked at twice a second. */
async function eventually(expected: unknown): Promise<void> {
  for (let looks = 0; looks < 200; looks++) {
    const now = await told()
    try {
      return expect(now).toEqual(expected)
    } catch {
      await pause(50)
    }
  }
  expect(await told()).toEqual(expected)
}
