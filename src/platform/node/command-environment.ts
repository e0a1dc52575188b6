/** What a model server is told: its words and variables, with the port in them. */
import { allVendors } from '../../providers/vendors.ts'

const PORT = '{port}'

export function filledWords(words: readonly string[], port: number): string[] {
  return words.map((word) => word.replaceAll(PORT, String(port)))
}

/** Trimtab's own variables without its settings and its keys of providers, which are nothing to a model server; then the configured ones. */
export function commandEnvironment(
  own: NodeJS.ProcessEnv,
  configured: Readonly<Record<string, string>>,
  port: number,
): NodeJS.ProcessEnv {
  const keys = new Set(allVendors().flatMap((vendor) => vendor.keyVariables))
  const passed = Object.entries(own).filter(([name]) => !name.startsWith('TRIMTAB_') && !keys.has(name))
  const filled = Object.entries(configured).map(([name, value]) => [
    name,
    value.replaceAll(PORT, String(port)),
  ])
  return Object.fromEntries([...passed, ...filled])
}
