/** The policy file's JSON Schema, by which editors complete and check it. */
import { z } from 'zod'
import { policySchema } from './schema.ts'

/** What may be written, draft 2020-12, as a plain object. */
export function policyJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(policySchema, { io: 'input' }),
    title: 'trimtab policy',
    description: 'How the requests of one workflow are answered.',
  }
}
