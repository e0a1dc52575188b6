/** Where configuration comes from: the file, the environment over it, the command line over both. */
import { type Path, YamlText } from '../policy/yaml-text.ts'
import { ENVIRONMENT_TWINS, type Environment, type Twin } from './environment.ts'

export interface Flags {
  host?: string | undefined
  port?: string | undefined
  data?: string | undefined
  policies?: string | undefined
}

/** One origin of values. `yaml` holds them at their whole paths, so that problems name the key alike. */
export interface Layer {
  origin: 'file' | 'environment' | 'flag'
  yaml: YamlText
  /** The key that this layer sets; empty for the file. */
  path: Path
}

/** Lowest precedence first. */
export function readLayers(
  file: { path: string; text: string } | undefined,
  environment: Environment,
  flags: Flags,
): Layer[] {
  return [
    { origin: 'file', yaml: new YamlText(file?.text ?? '', file?.path ?? 'trimtab.yaml'), path: [] },
    ...ENVIRONMENT_TWINS.flatMap((twin) => {
      const text = environment[twin.variable]
      return text === undefined || text === '' ? [] : [environmentLayer(twin, text)]
    }),
    ...flagLayers(flags),
  ]
}

function environmentLayer(twin: Twin, text: string): Layer {
  const { variable, path } = twin
  if (twin.kind === 'text') return layerOf('environment', variable, path, text)
  const parsed = new YamlText(text, variable)
  if (parsed.syntaxProblems.length > 0) return { origin: 'environment', yaml: parsed, path }
  const value =
    twin.kind === 'list' && typeof parsed.value === 'string'
      ? parsed.value.split(',').map((item) => item.trim())
      : parsed.value
  return layerOf('environment', variable, path, value)
}

function flagLayers(flags: Flags): Layer[] {
  const given: [string, Path, string | undefined][] = [
    ['--host', ['listen', 'host'], flags.host],
    ['--port', ['listen', 'port'], flags.port],
    ['--data', ['data'], flags.data],
    ['--policies', ['policies'], flags.policies],
  ]
  return given.flatMap(([name, path, value]) =>
    value === undefined ? [] : [layerOf('flag', name, path, value)],
  )
}

function layerOf(origin: Layer['origin'], name: string, path: Path, value: unknown): Layer {
  const whole = path.reduceRight<unknown>((inner, step) => ({ [step]: inner }), value)
  return { origin, yaml: new YamlText(JSON.stringify(whole), name), path }
}

/** All layers as one value; a later one replaces what an earlier one has at its path. */
export function mergeLayers(values: readonly { value: unknown; path: Path }[]): unknown {
  return values.reduce<unknown>((merged, { value, path }) => mergeAt(merged, value, path), {})
}

function mergeAt(under: unknown, over: unknown, path: Path): unknown {
  const [step, ...rest] = path
  if (step === undefined) return over
  const inner = (over as Record<string, unknown>)[step]
  // A file's section that is no mapping is a problem of its own, not something to merge into.
  const kept = typeof under === 'object' && under !== null && !Array.isArray(under) ? under : {}
  return { ...kept, [step]: mergeAt((kept as Record<string, unknown>)[step], inner, rest) }
}

/** The layer that an issue at `path` speaks of: the last that sets the key or something around it. */
export function layerAt(layers: readonly Layer[], path: Path): Layer | undefined {
  return layers.findLast((layer) => layer.path.every((step, index) => path[index] === step))
}
