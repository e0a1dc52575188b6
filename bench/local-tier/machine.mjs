// What the bench ran on.
import { execFileSync } from 'node:child_process'
import { cpus, loadavg } from 'node:os'

export function machine() {
  return {
    cpu: `${cpus().length} cores of ${cpus()[0]?.model.trim()}`,
    node: process.version,
    load: loadavg()[0],
    gpu: graphicsCards(),
  }
}

/** `{ name, driver, memoryUsedMb }` of each NVIDIA card; empty where there is none. */
export function graphicsCards() {
  try {
    const fields = ['name', 'driver_version', 'memory.used']
    const args = [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits']
    const lines = execFileSync('nvidia-smi', args, { stdio: ['ignore', 'pipe', 'ignore'] })
    return lines
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.split(', '))
      .map(([name, driver, used]) => ({ name, driver, memoryUsedMb: Number(used) }))
  } catch {
    return []
  }
}
