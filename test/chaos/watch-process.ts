/** Memory and sockets of another process, from outside (Linux). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

interface Sample {
  atMs: number
  residentMb: number
  sockets: number
}

export interface Watched {
  readonly samples: readonly Sample[]
  now(): Sample
  sockets(): number
  stop(): void
}

const EVERY_MS = 5000

export function watchProcess(pid: number): Watched {
  const samples: Sample[] = []
  const look = (): Sample => ({ atMs: Date.now(), residentMb: residentMb(pid), sockets: socketsOf(pid) })
  const timer = setInterval(() => samples.push(look()), EVERY_MS)
  return { samples, now: look, sockets: () => socketsOf(pid), stop: () => clearInterval(timer) }
}

export interface Slope {
  mbPerMinute: number
  firstMb: number
  lastMb: number
  mostMb: number
}

/** By least squares over what follows the first third, in which caches and heaps fill. */
export function slopeOf(samples: readonly Sample[], totalMs: number): Slope {
  const from = (samples[0]?.atMs ?? 0) + totalMs / 3
  const later = samples.filter(({ atMs }) => atMs >= from)
  const mean = (numbers: number[]) => numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length)
  const minutes = later.map(({ atMs }) => (atMs - from) / 60_000)
  const megabytes = later.map(({ residentMb }) => residentMb)
  const [middleMinute, middleMb] = [mean(minutes), mean(megabytes)]
  const together = minutes.reduce(
    (sum, minute, index) => sum + (minute - middleMinute) * ((megabytes[index] ?? 0) - middleMb),
    0,
  )
  const spread = minutes.reduce((sum, minute) => sum + (minute - middleMinute) ** 2, 0)
  return {
    mbPerMinute: spread === 0 ? 0 : together / spread,
    firstMb: samples[0]?.residentMb ?? 0,
    lastMb: samples.at(-1)?.residentMb ?? 0,
    mostMb: Math.max(0, ...samples.map(({ residentMb }) => residentMb)),
  }
}

function residentMb(pid: number): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(found?.[1] ?? 0) / 1024
}

function socketsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`).startsWith('socket:')
    } catch {
      return false
    }
  }).length
}
